internal import SluiceResilience

/// All that is decided before a run.
package struct ResumePlan: Sendable {
    /// A time in which no connection can be opened.
    package struct Outage: Sendable {
        var from: Int64
        var to: Int64
        /// Attempts fail at once. Else nothing answers.
        var isRefused: Bool
        /// What happens to connections that exist.
        var cut: CutKind?
    }

    /// A direction of a connection delivers nothing for a time, and then everything.
    package struct Stall: Sendable {
        var sender: StreamSide
        var bytes: Int
        var pause: Int64
    }

    let seed: UInt64
    var clientLimits = StreamLimits()
    var serverLimits = StreamLimits()
    var patience = ClientStream.Patience()
    var longestRetention = Duration.seconds(3600)
    package var client: ApplicationScript
    package var target: ApplicationScript
    /// By number of the connection, from 1.
    package var cuts: [Int: ConnectionCut] = [:]
    var stalls: [Int: Stall] = [:]
    var openDelays: [Int: Int64] = [:]
    var timedCuts: [(at: Int64, kind: CutKind)] = []
    var outages: [Outage] = []
    /// By sender: how long bytes are under way (ns).
    var delays: [ClosedRange<Int64>] = [1_000_000...1_000_000, 1_000_000...1_000_000]
    /// Delivers segments in pieces of random size.
    var splits = false
    /// How many bytes a direction of a connection holds, before its sender must wait.
    var pipeBytes = 256 << 10
    var outputLimit = 16 << 10
    var targetDelay: Int64 = 1_000_000
    var targetRefuses = false
    var serverIsFull = false
    var serverRestarts: Int64?
    var clientDies: Int64?
    /// An end is stopped in order.
    var shutdown: (side: StreamSide, at: Int64)?

    /// A small exchange without any fault: a request, its answer, and both FINs.
    package init() {
        seed = 0
        client = ApplicationScript(steps: [.send(11, piece: 7), .finish])
        target = ApplicationScript(steps: [.awaitBytes(5), .send(13, piece: 13), .awaitFinish, .finish])
    }

    /// What a seed means.
    package init(seed: UInt64) {
        var random = ResumeRandom(seed: seed)
        self.seed = seed
        let most = random.pick([20, 20, 300, 300, 5000, random.chance(20) ? 60_000 : 600])
        let awaitsFinish = random.number(0...3)
        client = .random(&random, most: most, awaitsBytes: nil, awaitsFinish: awaitsFinish == 1)
        target = .random(&random, most: most, awaitsBytes: client.bytes, awaitsFinish: awaitsFinish == 2)
        chooseLimits(&random)
        chooseNetwork(&random)
        chooseEnds(&random)
    }

    private mutating func chooseLimits(_ random: inout ResumeRandom) {
        func buffer() -> Int {
            random.chance(40)
                ? 2 << 20 : max(random.number(1...random.pick([8, 200, 8000])), (client.bytes + target.bytes) / 500)
        }
        clientLimits.bufferBytes = buffer()
        serverLimits.bufferBytes = buffer()
        if random.chance(20) { clientLimits.acknowledgeBytes = random.size(upTo: 10_000) }
        if random.chance(20) { serverLimits.acknowledgeBytes = random.size(upTo: 10_000) }
        // Longer than what the client needs to come back (``needed``), or shorter.
        patience.resume = .seconds(random.pick([3, 60, 300]))
        patience.begin = .seconds(random.pick([3, 30, 60]))
        if random.chance(20) { patience.longestPause = .seconds(1) }
        if random.chance(25) { patience.renewAfter = .milliseconds(random.number(50...30_000)) }
        if random.chance(5) { longestRetention = .seconds(random.number(1...60)) }
        outputLimit = random.pick([client.bytes + target.bytes > 2000 ? 300 : 1, 50, 1000, 16 << 10])
        pipeBytes = random.pick([client.bytes + target.bytes > 2000 ? 100 : 1, 500, 20_000, 256 << 10])
        splits = random.chance(50)
    }

    private mutating func chooseNetwork(_ random: inout ResumeRandom) {
        delays = (0..<2).map { _ in
            let least = random.milliseconds(0...random.pick([1, 30, 300]))
            return least...least + random.milliseconds(0...random.pick([1, 10, 500]))
        }
        let faulty = random.pick([0, 30, 70])
        for number in 1...random.pick([1, 3, 12]) {
            if random.chance(faulty) {
                cuts[number] = ConnectionCut(
                    sender: random.chance(50) ? .client : .server,
                    bytes: random.number(0...random.pick([60, 130, 250, 1000, 20_000])), kind: cut(&random))
            }
            if random.chance(faulty / 4) {
                stalls[number] = Stall(
                    sender: random.chance(50) ? .client : .server,
                    bytes: random.number(0...random.pick([60, 130, 1000])),
                    pause: random.milliseconds(0...random.pick([1000, 20_000, 80_000])))
            }
            if random.chance(faulty / 8) { openDelays[number] = random.milliseconds(0...8000) }
        }
        if random.chance(faulty) {
            timedCuts = (0..<random.number(1...4)).map { _ in (random.milliseconds(0...60_000), cut(&random)) }
        }
        if random.chance(faulty / 2) {
            for _ in 0..<random.number(1...2) {
                let from = random.milliseconds(0...random.pick([10, 3000, 60_000]))
                outages.append(
                    Outage(
                        from: from,
                        to: from + random.milliseconds(0...random.pick([500, 10_000, 90_000, 400_000])),
                        isRefused: random.chance(50), cut: random.chance(70) ? cut(&random) : nil))
            }
        }
    }

    private func cut(_ random: inout ResumeRandom) -> CutKind {
        switch random.number(0...9) {
        case 0...3: return .resetBoth
        case 4...6:
            let after: Int64? = random.chance(60) ? random.milliseconds(0...random.pick([20, 2000, 60_000])) : nil
            return .resetOne(
                random.chance(50) ? .client : .server, otherAfter: after, deliversRest: random.chance(50))
        case 7...8: return .silence
        default: return .halfSilence
        }
    }

    private mutating func chooseEnds(_ random: inout ResumeRandom) {
        if random.chance(20) { targetDelay = random.milliseconds(0...8000) }
        targetRefuses = random.chance(2)
        serverIsFull = random.chance(2)
        if random.chance(4) { serverRestarts = random.milliseconds(0...60_000) }
        if random.chance(4) { clientDies = random.milliseconds(0...60_000) }
        if random.chance(3) {
            shutdown = (random.chance(50) ? .client : .server, random.milliseconds(0...60_000))
        }
    }

    /// How long the network must be whole, so that a client that tries has a connection: an attempt that hangs, a pause,
    /// the target, and an attempt that succeeds (ns).
    var needed: Int64 {
        let most = delays[0].upperBound + delays[1].upperBound
        let second: Int64 = 1_000_000_000
        return 3 * 5 * second + Int64(patience.longestPause.components.seconds) * second + 2 * targetDelay + 8 * most
            + second
    }
}

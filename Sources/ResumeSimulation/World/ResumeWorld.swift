internal import SluiceResilience

/// A client, a server and the network between them, in virtual time.
package final class ResumeWorld {
    let plan: ResumePlan
    let sabotage: ResumeSabotage?
    let isTracing: Bool
    var random: ResumeRandom
    /// Nanoseconds since the begin.
    var now: Int64 = 0
    private let begin = ContinuousClock.now
    private var queue = EventQueue()
    var links: [Int: VirtualLink] = [:]
    /// The longest that the network has been troubled: the last cut, or the end of the last outage or stall.
    var lastTrouble: Int64 = 0
    let client: VirtualShell<VirtualClientStream>
    /// The server's registry.
    var streams: [StreamID: VirtualShell<VirtualServerStream>] = [:]
    /// All that the server has had, also before it was restarted.
    var targets: [VirtualShell<VirtualServerStream>] = []
    var serverLife = 0
    var isClientAlive = true
    let secret: [UInt8]
    var pace = PaceChecker()
    /// The first violation.
    var violation: String?
    var trace: [String] = []
    var report = ResumeReport()

    package init(_ plan: ResumePlan, sabotage: ResumeSabotage? = nil, isTracing: Bool = false) {
        self.plan = plan
        self.sabotage = sabotage
        self.isTracing = isTracing
        random = ResumeRandom(seed: plan.seed ^ 0x5EED)
        let id = StreamID.random(using: &random)
        secret = (0..<Hello.proofBytes).map { [value = random.next()] in UInt8(truncatingIfNeeded: value >> ($0 % 8)) }
        client = VirtualShell(
            .client,
            VirtualClientStream(
                ClientStream(
                    id: id, target: "db:5432", limits: plan.clientLimits, patience: plan.patience, now: begin)),
            VirtualApplication(key: 0xC11E, plan.client), limits: plan.clientLimits)
    }

    // MARK: Time

    var instant: ContinuousClock.Instant { begin + .nanoseconds(now) }

    func nanoseconds(_ instant: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (instant - begin).components
        return seconds * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000
    }

    func at(_ time: Int64, _ event: @escaping () -> Void) { queue.add(at: max(time, now), event) }

    func note(_ text: @autoclosure () -> String) {
        guard isTracing else { return }
        let micros = now / 1000
        let fraction = String(micros % 1_000_000)
        trace.append(
            "\(micros / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction) \(text())")
    }

    func fail(_ text: String) {
        guard violation == nil else { return }
        note("VIOLATION: \(text)")
        violation = text
    }

    // MARK: A run

    /// Virtual time after which everything must be over: 4 h.
    private static let horizon: Int64 = 4 * 3600 * 1_000_000_000

    /// Runs until nothing more happens.
    package func run() -> ResumeReport {
        scheduleFaults()
        connect(1)
        begin(client.application, of: client)
        while violation == nil, let (time, event) = queue.next() {
            now = time
            if let text = pace.step(now) { fail(text) }
            if now > ResumeWorld.horizon {
                fail("the stream is not over after 4 h: \(client.application.text), \(targets.map(\.application.text))")
            }
            event()
        }
        if violation == nil { checkEnd() }
        queue.removeAll()
        report.violation = violation
        report.trace = trace
        report.deliveredBytes = (1...2).map { number in
            (links[number]?.pipes ?? []).map(\.bytesDelivered)
        }
        report.virtualSeconds = Double(now) / 1e9
        links.removeAll()
        streams.removeAll()
        targets.removeAll()
        return report
    }

    private func scheduleFaults() {
        for (time, kind) in plan.timedCuts { at(time) { self.cutAll(kind) } }
        for outage in plan.outages {
            at(outage.from) {
                self.note("outage, for \((outage.to - outage.from) / 1_000_000) ms")
                self.trouble(until: outage.to)
                if let kind = outage.cut { self.cutAll(kind) }
            }
        }
        if let time = plan.serverRestarts { at(time) { self.restartServer() } }
        if let time = plan.clientDies { at(time) { self.killClient() } }
        if let (side, time) = plan.shutdown { at(time) { self.shutDown(side) } }
    }

    func trouble(until time: Int64) { lastTrouble = max(lastTrouble, time) }
}

/// What an application does. Sending and receiving are independent, except for the steps that wait.
package struct ApplicationScript: Sendable {
    package enum Step: Sendable {
        /// Sends bytes, in pieces of at most this size.
        case send(Int, piece: Int)
        /// Nanoseconds.
        case pause(Int64)
        /// Until so many bytes were received, or the other application finished.
        case awaitBytes(Int)
        /// Until the other application finished.
        case awaitFinish
        /// Sends a FIN.
        case finish
        /// Sends a RST.
        case reset
    }

    package var steps: [Step]
    /// Takes at most so many bytes at once.
    package var readBytes = 1 << 20
    /// The pause between two reads (ns).
    package var readPause: Int64 = 0
    /// Takes nothing for a time (ns) once so many bytes were received.
    package var readStop: (bytes: Int, pause: Int64)?

    package init(steps: [Step]) { self.steps = steps }

    /// How many bytes it sends.
    var bytes: Int {
        steps.reduce(0) { if case .send(let count, _) = $1 { $0 + count } else { $0 } }
    }

    static func random(_ random: inout ResumeRandom, most: Int, awaitsBytes: Int?, awaitsFinish: Bool) -> Self {
        var steps: [Step] = []
        if let awaitsBytes, awaitsBytes > 0, random.chance(50) {
            steps.append(.awaitBytes(random.number(1...awaitsBytes)))
        }
        for _ in 0..<random.number(0...4) {
            if random.chance(40) {
                steps.append(
                    .pause(
                        random.pick([
                            random.milliseconds(0...50), random.milliseconds(0...3000),
                            random.milliseconds(0...100_000),
                        ])))
            }
            let count = random.size(upTo: most)
            steps.append(.send(count, piece: max(random.size(upTo: count), count / 200)))
        }
        if random.chance(20) { steps.append(.pause(random.milliseconds(0...60_000))) }
        if awaitsFinish { steps.append(.awaitFinish) }
        if random.chance(12) {
            if random.chance(30) { steps.append(.finish) }
            if random.chance(50) { steps.append(.pause(random.milliseconds(0...20_000))) }
            steps.append(.reset)
        } else {
            steps.append(.finish)
        }
        var script = ApplicationScript(steps: steps)
        if random.chance(30) {
            script.readBytes = max(random.size(upTo: 4000), most / 500)
            script.readPause = random.pick([0, random.milliseconds(0...20), random.milliseconds(0...200)])
        }
        if random.chance(25) {
            script.readStop = (
                random.size(upTo: most), random.pick([random.milliseconds(0...500), random.milliseconds(0...90_000)])
            )
        }
        return script
    }
}

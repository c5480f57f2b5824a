/// Cuts the small exchange of ``ResumePlan/init()`` at every byte of either direction, and at every pair of bytes of two
/// successive connections.
package struct EveryCut {
    /// How the connections are cut.
    package var kind: CutKind
    /// What was found: the cuts, and the violation.
    package private(set) var violations: [String] = []
    /// Runs.
    package private(set) var runs = 0
    /// Runs in which all cuts were reached.
    package private(set) var reached = 0

    package init(_ kind: CutKind) { self.kind = kind }

    /// The bytes that a plan's first or second connection delivers, by sender.
    private static func lengths(_ plan: ResumePlan, connection: Int) -> [Int] {
        let delivered = ResumeWorld(plan).run().deliveredBytes[connection - 1]
        return delivered.isEmpty ? [0, 0] : delivered
    }

    private static func positions(_ lengths: [Int], every step: Int) -> [(StreamSide, Int)] {
        [StreamSide.client, .server].flatMap { side in
            stride(from: 0, through: lengths[side.rawValue], by: step).map { (side, $0) }
        }
    }

    /// One cut.
    package mutating func single(_ plan: ResumePlan = ResumePlan()) {
        for (sender, bytes) in EveryCut.positions(EveryCut.lengths(plan, connection: 1), every: 1) {
            var plan = plan
            plan.cuts[1] = ConnectionCut(sender: sender, bytes: bytes, kind: kind)
            run(plan)
        }
    }

    /// Two cuts: the first connection at each `step`th byte, and then the second one at each byte.
    package mutating func pairs(_ plan: ResumePlan = ResumePlan(), every step: Int = 1) {
        for (sender, bytes) in EveryCut.positions(EveryCut.lengths(plan, connection: 1), every: step) {
            var first = plan
            first.cuts[1] = ConnectionCut(sender: sender, bytes: bytes, kind: kind)
            for (sender, bytes) in EveryCut.positions(EveryCut.lengths(first, connection: 2), every: 1) {
                var second = first
                second.cuts[2] = ConnectionCut(sender: sender, bytes: bytes, kind: kind)
                run(second)
            }
        }
    }

    private mutating func run(_ plan: ResumePlan) {
        runs += 1
        let report = ResumeWorld(plan).run()
        if report.cuts == plan.cuts.count { reached += 1 }
        // Nothing but the cuts happens, so nothing may be lost.
        let isDone = report.outcomes == ["client: done": 1, "server: done": 1]
        guard let violation = report.violation ?? (isDone ? nil : "lost: \(report.outcomes)") else { return }
        let cuts = plan.cuts.sorted { $0.key < $1.key }
            .map { "connection \($0.key) after \($0.value.bytes) bytes of the \($0.value.sender)" }
        violations.append("\(cuts.joined(separator: ", ")): \(violation)")
    }
}

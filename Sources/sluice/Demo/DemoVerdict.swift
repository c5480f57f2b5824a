/// The result for one rule in the demo.
struct DemoVerdict: Codable, Equatable, Sendable {
    enum Outcome: String, Codable, Sendable {
        case pass = "PASS"
        case fail = "FAIL"
        /// Not shown, because this machine lacks a program. Neither a pass nor a failure.
        case skip = "SKIP"
    }

    /// The rule's identifier in the contract: `IDLE-2`.
    var rule: String
    /// What was done.
    var shown: String
    /// What was observed.
    var seen: String
    var verdict: Outcome

    init(rule: String, shown: String, seen: String, verdict: Outcome) {
        self.rule = rule
        self.shown = shown
        self.seen = seen
        self.verdict = verdict
    }

    /// Passed if, and only if, the claim holds.
    init(rule: String, shown: String, seen: String, holds: Bool) {
        self.init(rule: rule, shown: shown, seen: seen, verdict: holds ? .pass : .fail)
    }
}

/// The result of a demo.
struct DemoReport: Codable, Equatable, Sendable {
    var seconds: Double
    var passed: Bool
    var verdicts: [DemoVerdict]

    /// Passed: no verdict is FAIL, and at least one is PASS.
    init(verdicts: [DemoVerdict], seconds: Double) {
        self.verdicts = verdicts
        self.seconds = seconds
        self.passed = verdicts.contains { $0.verdict == .pass } && !verdicts.contains { $0.verdict == .fail }
    }

    /// The verdicts as a table, by rule.
    func table() -> TextTable {
        var table = TextTable([
            .left("RULE"), .left("VERDICT"), .left("SHOWN", folds: true), .left("SEEN", folds: true),
        ])
        for verdict in verdicts { table.add([verdict.rule, verdict.verdict.rawValue, verdict.shown, verdict.seen]) }
        return table
    }

    /// The last line: how many verdicts of each kind.
    var summary: String {
        let count = { (outcome: DemoVerdict.Outcome) in verdicts.count { $0.verdict == outcome } }
        var text = "\(count(.pass)) passed, \(count(.fail)) failed"
        if count(.skip) > 0 { text += ", \(count(.skip)) skipped" }
        return text + " in \(HumanText.duration(seconds: seconds))"
    }
}

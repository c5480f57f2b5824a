import ResumeSimulation
import Testing

/// The checkers must find faults to prove anything. Each shell here has a fault that must be found.
@Suite("Resume checkers")
struct ResumeCheckerTests {
    /// Each fault, with what a checker says of it.
    private static let found: [(ResumeSabotage, String)] = [
        (.losesByte, "is not the one that was sent"), (.changesByte, "is not the one that was sent"),
        (.finishesEarly, "sees a FIN"), (.keepsAll, "bytes, its limit is"),
        (.neverReconnects, "avoidable loss"), (.ignoresOutput, "busy loop"), (.abandonsNothing, "is still open"),
        (.forgetsNothing, "still has a record"), (.endsQuietly, "waits for ever"),
        (.connectsTwice, "connected to a second time"),
    ]

    @Test("RESUME-3 each fault of a shell is found by its checker", arguments: found.indices)
    func faults(index: Int) {
        let (sabotage, text) = Self.found[index]
        var violations: Set<String> = []
        for seed in 0..<600 as Range<UInt64> {
            guard let violation = ResumeWorld(ResumePlan(seed: seed), sabotage: sabotage).run().violation else {
                continue
            }
            violations.insert(violation)
            if violation.contains(text) { return }
        }
        Issue.record("\(sabotage) is not found as '\(text)', but as \(violations)")
    }

    @Test("RESUME-3 every fault has its test")
    func all() {
        #expect(Set(Self.found.map { "\($0.0)" }) == Set(ResumeSabotage.allCases.map { "\($0)" }))
    }
}

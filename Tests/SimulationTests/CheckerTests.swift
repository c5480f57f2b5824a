import Fleet
import Simulation
import Synchronization
import Testing

/// The checkers must find violations to prove anything. Each machine here has a bug that must be detected.
@Suite("Simulation checkers")
struct CheckerTests {
    /// The first violation in a few seeds, with a bug in the machine's directives or in its settings.
    private func firstViolation(
        continuity: Continuity, drain: DrainTimes = .azure, machineDrain: DrainTimes? = nil,
        machineRecovery: RecoveryTimes? = nil, tallying: HalfOpenTallying = .countedAnew,
        sabotage: (@Sendable (FleetDirective) -> FleetDirective?)? = nil
    ) -> String {
        for seed in 0..<60 as Range<UInt64> {
            var scenario = Scenario(seed: seed)
            scenario.settings.continuity = continuity
            scenario.settings.drain = drain
            var settings = scenario.settings
            if let machineDrain { settings.drain = machineDrain }
            if let machineRecovery { settings.recovery = machineRecovery }
            let report = Simulation(
                scenario: scenario, machineSettings: settings, tallying: tallying, sabotage: sabotage
            ).run()
            if let violation = report.violation { return violation }
        }
        return "nothing"
    }

    @Test("PKG-3 the loss of an instance by its renewal is detected")
    func lostByRenewal() {
        var violations: Set<String> = []
        for seed in 0..<20 as Range<UInt64> {
            var scenario = Scenario(seed: seed)
            scenario.faults = [.upgrade]
            (scenario.failingStarts, scenario.lostSnapshots) = (0, 0)
            let begun = Mutex<Set<InstanceIdentifier>>([])
            // No process is started a second time.
            let report = Simulation(scenario: scenario) { directive in
                guard case .start(let identifier, _) = directive else { return directive }
                return begun.withLock { $0.insert(identifier).inserted } ? directive : nil
            }.run()
            if let violation = report.violation { violations.insert(violation) }
        }
        #expect(violations.contains { $0.contains("is removed while it is being renewed") }, "\(violations)")
    }

    @Test("DRAIN-2 resets that are too early are detected")
    func earlyResets() {
        let violation = firstViolation(
            continuity: .disruptive, machineDrain: DrainTimes(refuse: 40 * UInt64.second, reset: 50 * .second))
        #expect(violation.contains("before its refusing half ends"), "\(violation)")
    }

    @Test("DRAIN-3 a drain that takes too long is detected")
    func longDrain() {
        let violation = firstViolation(
            continuity: .disruptive, machineDrain: DrainTimes(refuse: 60 * UInt64.second, reset: 45 * .second))
        #expect(violation.contains("ms late"), "\(violation)")
    }

    @Test("DRAIN-3 a drain that is too short is detected")
    func shortDrain() {
        let violation = firstViolation(
            continuity: .disruptive, drain: .azure2025, machineDrain: DrainTimes(refuse: 30 * UInt64.second, reset: 0))
        #expect(violation.contains("before its drain ends"), "\(violation)")
    }

    @Test("DRAIN-2 missing resets are detected")
    func noResets() {
        let violation = firstViolation(continuity: .disruptive) { directive in
            if case .resetAll = directive { nil } else { directive }
        }
        #expect(violation.contains("never reset its sessions"), "\(violation)")
    }

    @Test("DRAIN-1 new sessions for a draining instance are detected")
    func noSteering() {
        let violation = firstViolation(continuity: .disruptive) { directive in
            if case .steer(let identifiers, _) = directive, identifiers.count < 2 || identifiers == [2, 3] {
                nil
            } else {
                directive
            }
        }
        #expect(violation.contains("a new session was given to instance"), "\(violation)")
    }

    @Test("KEEP-1 discarded sessions that should be preserved are detected")
    func lostSessions() {
        let violation = firstViolation(continuity: .preserve) { directive in
            if case .moveSlabs(let identifier, _) = directive {
                .discardSessions(of: identifier, reason: .instanceLost)
            } else {
                directive
            }
        }
        #expect(violation.contains("though they are preserved"), "\(violation)")
    }

    @Test("KEEP-1 slabs that are taken from a living process, so that they have two owners, are detected")
    func twoOwners() {
        let violation = firstViolation(continuity: .preserve) { directive in
            if case .endProcess(let identifier, kill: false) = directive {
                .moveSlabs(from: identifier, to: [])
            } else {
                directive
            }
        }
        #expect(violation.contains("two owners"), "\(violation)")
    }

    @Test("RECOV-1 a failed instance that the machine does not notice is detected")
    func nobodyNotices() {
        let violation = firstViolation(
            continuity: .preserve, machineRecovery: RecoveryTimes(unresponsiveAfter: 20 * UInt64.second))
        #expect(violation.contains("was not detected"), "\(violation)")
    }

    @Test("FLEET-2 a fleet that never settles is detected")
    func neverSettles() {
        let violation = firstViolation(continuity: .disruptive) { directive in
            if case .discardSessions = directive { nil } else { directive }
        }
        #expect(violation.contains("the fleet does not settle"), "\(violation)")
    }

    @Test("BAD-8 a count of half-open sessions that is restored by value, instead of counted again, is detected")
    func tallyByValue() {
        for continuity in [Continuity.preserve, .disruptive] {
            let violation = firstViolation(continuity: continuity, tallying: .restoredByValue)
            #expect(violation.contains("half-open sessions, but there are"), "\(violation)")
            #expect(firstViolation(continuity: continuity) == "nothing")
        }
    }
}

package import Fleet

/// A gateway with instances, a controller and thousands of ends, in virtual time: it runs the real ``FleetMachine``
/// against faults. The same seed gives the same run, to the last line of its trace.
package struct Simulation {
    let scenario: Scenario
    /// The machine's settings. The checkers use those of ``scenario``, so a difference between the two must be
    /// detected.
    let machineSettings: FleetSettings
    /// Changes a directive of the machine, to simulate a bug in it; nil: drops the directive. For tests of the
    /// checkers.
    let sabotage: (@Sendable (FleetDirective) -> FleetDirective?)?
    /// How half-open sessions are counted. For tests of the checkers.
    let tallying: HalfOpenTallying
    let isTracing: Bool

    var random: SeededRandom
    /// Random numbers for half-open sessions.
    var handshakeRandom: SeededRandom
    var agenda = Agenda<Occurrence>()
    var now: UInt64 = 1_000 * .second
    let begin: UInt64 = 1_000 * .second

    // State that outlives processes.
    var kernel = VirtualKernel()
    var handshakes = VirtualHandshakes()
    /// The last saved snapshot, as in the database.
    var saved: FleetSnapshot?

    var processes: [VirtualProcess] = []
    var nextSerial = 1
    /// nil while no controller runs.
    var controller: FleetMachine?
    /// The version of the controller: 1 or 2.
    var program = 1
    /// Counts controllers. Events for one controller are ignored by the next.
    var controllerLife = 0
    /// The number of the controller's only timer, and its due time. Setting it again replaces it.
    var timerNumber = 0
    var timerDue: UInt64?
    /// After this many further steps (saving, each directive) the controller is killed.
    var doom: Int?
    /// The load, as the number of instances that it would fully use.
    var load = 0.8
    var isQuiet = false
    /// When the quiet phase began. Pauses of the machine delay it.
    var quietBegan: UInt64 = 0
    var isSettled = false

    var checks: Checks
    var report: SimulationReport

    /// The possible events.
    enum Occurrence {
        case sessionOpens
        case endsSpeak(Int)
        case sessionCloses(Int)
        case synArrives
        case handshakeIsCompleted(Int)
        case processIterates(serial: Int)
        case processCounts(serial: Int)
        case processIsReady(serial: Int)
        case stallEnds(serial: Int)
        case processEnds(serial: Int, ProcessEnd)
        case startFails(InstanceIdentifier, life: Int)
        case timer(number: Int)
        case check(life: Int)
        case event(FleetEvent, life: Int)
        case controllerStarts
        case fault
        case quietBegins
        case quietCheck
    }

    package init(
        scenario: Scenario, isTracing: Bool = false, machineSettings: FleetSettings? = nil,
        tallying: HalfOpenTallying = .countedAnew,
        sabotage: (@Sendable (FleetDirective) -> FleetDirective?)? = nil
    ) {
        self.scenario = scenario
        self.machineSettings = machineSettings ?? scenario.settings
        self.tallying = tallying
        self.sabotage = sabotage
        self.isTracing = isTracing
        // Not the random numbers that the scenario was drawn with.
        random = SeededRandom(seed: scenario.seed ^ 0x5D1C_E000_0000_0001)
        handshakeRandom = SeededRandom(seed: scenario.seed ^ 0x5D1C_E000_0000_0002)
        checks = Checks(scenario: scenario)
        report = SimulationReport(seed: scenario.seed)
    }

    /// Runs to the end, or to the first violation.
    package consuming func run() -> SimulationReport {
        var simulation = self
        simulation.runToEnd()
        return simulation.report
    }

    private mutating func runToEnd() {
        agenda.add(.controllerStarts, at: now)
        agenda.add(.sessionOpens, at: now + 2 * .second)
        agenda.add(.synArrives, at: now + 2 * .second)
        agenda.add(.fault, at: now + 5 * .second)
        agenda.add(.quietBegins, at: now + scenario.duration)
        while checks.violation == nil, !isSettled, let (time, occurrence) = agenda.next() {
            now = time
            report.counts.occurrences += 1
            happen(occurrence)
            checks.overdueFailures(now: now)
            checks.tallied(handshakes.estimate, halfOpen: handshakes.count)
        }
        if let violation = checks.violation {
            trace("VIOLATION: \(violation)")
            report.violation = "\(timeText): \(violation)"
        }
    }

    private mutating func happen(_ occurrence: Occurrence) {
        switch occurrence {
        case .sessionOpens: sessionOpens()
        case .endsSpeak(let session): endsSpeak(session)
        case .sessionCloses(let session): kernel.remove(session)
        case .synArrives: synArrives()
        case .handshakeIsCompleted(let number): handshakes.complete(number, now: now)
        case .processIterates(let serial): processIterates(serial)
        case .processCounts(let serial): processCounts(serial)
        case .processIsReady(let serial): processIsReady(serial)
        case .stallEnds(let serial): stallEnds(serial)
        case .processEnds(let serial, let end): processEnds(serial, end)
        case .startFails(let identifier, let life):
            if life == controllerLife { deliver(.exited(identifier, .exited(status: 1))) }
        case .timer(let number):
            guard number == timerNumber else { return }
            timerDue = nil
            deliver(.tick)
        case .check(let life): if life == controllerLife { checkFleet() }
        case .event(let event, let life): if life == controllerLife { deliver(event) }
        case .controllerStarts: startController()
        case .fault: fault()
        case .quietBegins: beginQuiet()
        case .quietCheck: checkQuiet()
        }
    }

    // MARK: - The trace

    mutating func trace(_ text: @autoclosure () -> String) {
        guard isTracing else { return }
        report.trace.append("\(timeText)  \(text())")
    }

    /// Seconds since the start, with milliseconds.
    private var timeText: String {
        let milliseconds = (now - begin) / 1_000_000
        let fraction = String(milliseconds % 1_000)
        let text = "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
        return String(repeating: " ", count: max(0, 9 - text.count)) + text
    }
}

import Fleet
import Testing

/// After a take-over by another version each instance's process is replaced; the instance itself does not change
/// (PKG-3).
@Suite("Renewal")
struct RenewalTests {
    private static func stage(_ continuity: Continuity, instances: Int = 2) -> Stage {
        var stage = Stage.serving(FleetSettings(continuity: continuity))
        if instances != 2 {
            stage.ask(.scale(instances: instances))
            stage.run(seconds: 2)
        }
        return stage
    }

    @Test(
        "PKG-3 one after the other, only the process: no drain, no other state, no slab moves",
        arguments: Continuity.allCases)
    func oneByOne(continuity: Continuity) {
        var stage = Self.stage(continuity)
        stage.forget()
        stage.restart(program: "version 2")
        #expect(stage.machine.view.renewal?.remaining == [1, 2])
        stage.run(seconds: 10)
        expect(
            stage.directives,
            """
            0 state 1 serving
            0 state 2 serving
            0 steer 1,2
            0.5 end 1
            0.5 start 1
            1 end 2
            1 start 2
            """)
        expect(
            stage.history,
            """
            0 fleetRestored: controller started (alive 2, instances 2)
            0.5 instanceRenewing 1: the controller runs another program
            1 instanceRenewed 1: the controller runs another program (milliseconds 500)
            1 instanceRenewing 2: the controller runs another program
            1.5 instanceRenewed 2: the controller runs another program (milliseconds 500)
            1.5 renewalCompleted: the controller runs another program
            """)
        #expect(stage.programs == [1: "version 2", 2: "version 2"])
        #expect(stage.machine.view.renewal == nil && stage.serving == [1, 2])
    }

    @Test("PKG-3 a controller of the same program renews no instance")
    func sameProgram() {
        var stage = Self.stage(.disruptive)
        stage.restart()
        stage.forget()
        stage.run(seconds: 10)
        #expect(stage.directives.isEmpty)
    }

    @Test("PKG-3 an instance with a binary chosen by maintenance keeps it")
    func ownBinary() {
        var stage = Self.stage(.preserve)
        stage.ask(.startMaintenance(binary: "/new", now: true))
        stage.run(seconds: 20)
        #expect(Set(stage.programs.filter { stage.serving.contains($0.key) }.values) == ["/new"])
        stage.restart(program: "version 2")
        stage.forget()
        stage.run(seconds: 10)
        #expect(stage.directives.isEmpty && stage.machine.view.renewal == nil && !stage.machine.runsOwnProgram)
    }

    @Test("PKG-3 a process that does not end is killed, and its instance is still renewed")
    func stubborn() {
        var stage = Self.stage(.disruptive)
        stage.stubborn = [1]
        stage.restart(program: "version 2")
        stage.forget()
        stage.run(seconds: 10)
        #expect(stage.directives.prefix(3) == ["0.5 end 1", "2.5 kill 1", "2.5 start 1"])
        #expect(stage.programs == [1: "version 2", 2: "version 2"])
    }

    @Test(
        "PKG-3 RECOV-1 an instance that fails to start is recovered as usual, the others stay, and status says why",
        arguments: [true, false])
    func failing(ends: Bool) {
        var stage = Self.stage(.preserve)
        if ends { stage.brokenPrograms = ["version 2"] } else { stage.hangingPrograms = ["version 2"] }
        stage.restart(program: "version 2")
        stage.forget()
        stage.run(seconds: 30)
        #expect(stage.history.contains { $0.contains("instanceUnresponsive 1: ") })
        #expect(stage.directives.contains { $0.hasSuffix("move 1 to 2") })
        #expect(!stage.directives.contains { $0.hasSuffix("end 2") })
        #expect(stage.serving == [2] && stage.programs[2] == "version 1")
        let problem = stage.machine.view.renewal?.problem ?? ""
        #expect(problem.hasPrefix("instance 1 ") && problem.contains("'sluice maintenance start'"), "\(problem)")
        // A controller of the same program does not try again; one of another program does.
        stage.restart(program: "version 2")
        #expect(stage.machine.view.renewal?.problem != nil)
        stage.restart(program: "version 3")
        stage.run(seconds: 60)
        #expect(stage.machine.view.renewal == nil)
        #expect(stage.serving.allSatisfy { stage.programs[$0] == "version 3" } && stage.serving.count == 2)
    }

    @Test("PKG-3 it waits for the end of a drain; the draining instance is not renewed")
    func waitsForDrain() {
        var stage = Self.stage(.disruptive, instances: 3)
        stage.ask(.drain(3))
        stage.run(seconds: 10)
        stage.restart(program: "version 2")
        stage.forget()
        stage.run(seconds: 70)
        #expect(stage.machine.view.renewal?.waitsFor == "instance 3, which is drainingReset")
        #expect(!stage.history.contains { $0.contains("instanceRenewing") })
        stage.run(seconds: 30)
        #expect(stage.serving == [1, 2] && stage.programs[1] == "version 2" && stage.programs[2] == "version 2")
        #expect(stage.programs[3] == "version 1", "it was never started again")
    }

    @Test("PKG-3 it waits for an active maintenance, after which no renewal is needed")
    func waitsForMaintenance() {
        var stage = Self.stage(.preserve)
        stage.ask(.startMaintenance(binary: nil, now: true))
        stage.run(seconds: 0.1)
        stage.ask(.pauseMaintenance)
        stage.restart(program: "version 2")
        stage.forget()
        stage.run(seconds: 5)
        #expect(stage.machine.view.renewal?.waitsFor == "the end of maintenance 1")
        stage.ask(.resumeMaintenance)
        stage.run(seconds: 60)
        #expect(stage.machine.view.maintenance?.phase == .completed && stage.machine.view.renewal == nil)
        #expect(stage.serving.allSatisfy { stage.programs[$0] == "version 2" })
    }

    @Test("PKG-3 RECOV-1 it waits for a recovery, and the replacement needs no renewal")
    func waitsForRecovery() {
        var stage = Self.stage(.disruptive)
        stage.startNanoseconds = 2 * Stage.second
        stage.restart(lost: [2], program: "version 2")
        stage.run(seconds: 10)
        #expect(stage.serving == [1, 3] && stage.programs[1] == "version 2" && stage.programs[3] == "version 2")
        let history = stage.history
        let recovered = history.firstIndex { $0.contains("instanceServing 3") } ?? .max
        let renewing = history.firstIndex { $0.contains("instanceRenewing 1") } ?? -1
        #expect(recovered < renewing, "\(history)")
    }

    @Test("PKG-3 no instance may leave while one is renewed; afterwards one may")
    func commands() {
        var stage = Self.stage(.disruptive)
        stage.startNanoseconds = 3 * Stage.second
        stage.restart(program: "version 2")
        stage.run(seconds: 1)
        stage.ask(.drain(2))
        stage.ask(.stop(1))
        #expect(stage.refusals.suffix(2).allSatisfy { $0.hasPrefix("instance 1 is being renewed") })
        stage.ask(.scale(instances: 4))
        stage.ask(.scale(instances: 2))
        stage.run(seconds: 120)
        #expect(stage.serving == [1, 2] && stage.programs[1] == "version 2" && stage.programs[2] == "version 2")
        stage.ask(.drain(2))
        #expect(stage.view(2)?.state == .drainingRefuse)
    }

    @Test(
        "PKG-3 RECOV-3 a controller dies during a renewal: the next one continues, also one of the previous version",
        arguments: Continuity.allCases, ["version 1", "version 2", "version 3"])
    func controllerDies(continuity: Continuity, next: String) {
        // Before the old process has ended, after it, and while the new one starts.
        for (delay, isGone) in [(0.5, false), (0.5, true), (0.7, true), (0.9, true)] {
            var stage = Self.stage(continuity)
            if !isGone { stage.stubborn = [1] }
            stage.restart(program: "version 2")
            stage.forget()
            stage.run(seconds: delay)
            stage.stubborn = []
            stage.restart(after: 0.2, program: next)
            stage.run(seconds: 20)
            let directives = stage.directives
            #expect(stage.serving == [1, 2] && stage.machine.view.renewal == nil, "\(directives)")
            #expect(stage.programs == [1: next, 2: next], "\(delay): \(directives)")
            #expect(!directives.contains { $0.contains("discard") || $0.contains("move") }, "\(directives)")
            #expect(!stage.history.contains { $0.contains("instanceUnresponsive") })
        }
    }

    @Test("PKG-3 a heartbeat that stops while the process is replaced is not a failure")
    func silence() {
        var stage = Self.stage(.disruptive)
        stage.startNanoseconds = 9 * Stage.second
        stage.restart(program: "version 2")
        stage.forget()
        stage.run(seconds: 30)
        #expect(stage.serving == [1, 2] && stage.programs == [1: "version 2", 2: "version 2"])
        #expect(!stage.history.contains { $0.contains("instanceUnresponsive") })
    }
}

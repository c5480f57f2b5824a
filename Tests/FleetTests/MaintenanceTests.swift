import Fleet
import Testing

@Suite("Maintenance")
struct MaintenanceTests {
    private func started(_ stage: inout Stage, binary: String? = "/new", now: Bool = false) {
        stage.ask(.startMaintenance(binary: binary, now: now))
    }

    @Test("MAINT-1 MAINT-4 one at a time: the replacement serves before the old one drains, as in a scale-in")
    func rolling() {
        var stage = Stage.serving()
        started(&stage)
        stage.run(seconds: 200)
        expect(
            stage.directives,
            """
            0 check /new
            0 state 3 starting
            0 start 3 of /new
            0.5 state 3 serving
            0.5 steer 1,2,3 first 3
            0.5 steer 2,3 first 3
            0.5 state 1 drainingRefuse
            45.5 state 1 drainingReset
            45.5 reset 1 within 10 s
            60.5 repeat 1
            75.5 repeat 1
            90.5 state 1 ending
            90.5 end 1
            90.5 discard 1 drained
            90.5 state 1 stopped
            90.5 state 1 starting
            90.5 start 1 of /new
            91 state 1 serving
            91 steer 1,2,3 first 1,3
            91 steer 1,3
            91 state 2 drainingRefuse
            136 state 2 drainingReset
            136 reset 2 within 10 s
            151 repeat 2
            166 repeat 2
            181 state 2 ending
            181 end 2
            181 discard 2 drained
            181 state 2 stopped
            """)
        #expect(stage.accepted == ["maintenance 1 begins: instances are replaced one at a time"])
        #expect(stage.machine.view.maintenance?.phase == .completed)
        #expect(stage.processes == [1: "/new", 3: "/new"])
        let history = stage.history.filter { $0.contains("maintenance") && !$0.contains(" instance") }
        expect(
            history,
            """
            0 maintenanceRequested: operator (binary /new)
            0 maintenanceStarted: maintenance 1 (instances 2)
            90.5 maintenanceStep 3: maintenance 1 (remaining 1, updated 1)
            181 maintenanceStep 1: maintenance 1 (remaining 0, updated 2)
            181 maintenanceCompleted: maintenance 1 (instances 2)
            """)
        // Instances that start later run the new binary, too.
        stage.crash(3)
        stage.run(seconds: 1)
        #expect(stage.processes.values.allSatisfy { $0 == "/new" })
    }

    @Test("MAINT-1 KEEP-1 preserve: no session is reset or discarded, and it takes seconds")
    func preserve() {
        var stage = Stage.serving(FleetSettings(continuity: .preserve))
        stage.sessions = [1: 10, 2: 20]
        started(&stage, binary: nil)
        stage.run(seconds: 5)
        expect(
            stage.directives,
            """
            0 check the running binary
            0 state 3 starting
            0 start 3
            0.5 state 3 serving
            0.5 steer 1,2,3
            0.5 steer 2,3
            0.5 state 1 ending
            0.5 end 1
            0.5 move 1 to 2,3
            0.5 state 1 stopped
            0.5 state 1 starting
            0.5 start 1
            1 state 1 serving
            1 steer 1,2,3
            1 steer 1,3
            1 state 2 ending
            1 end 2
            1 move 2 to 1,3
            1 state 2 stopped
            """)
        #expect(stage.machine.view.maintenance?.phase == .completed)
    }

    @Test("MAINT-1 the old instance leaves first if the fleet stays at or above its minimum")
    func oldFirst() {
        var stage = Stage.serving(FleetSettings(continuity: .preserve, replacementFirst: false))
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        started(&stage)
        var fewest = 3
        for _ in 0..<100 {
            stage.run(seconds: 0.1)
            fewest = min(fewest, stage.serving.count)
        }
        #expect(fewest == 2)
        #expect(Set(stage.processes.values) == ["/new"])
        #expect(stage.directives.prefix(3) == ["0 check /new", "0 steer 2,3", "0 state 1 ending"])
        #expect(stage.machine.view.maintenance?.phase == .completed)
    }

    @Test("MAINT-1 never below the minimum, whichever instance fails meanwhile", arguments: [true, false])
    func neverUnderMinimum(replacementFirst: Bool) {
        for victimSecond in stride(from: 1.0, to: 200, by: 37) {
            var stage = Stage.serving(
                FleetSettings(
                    capacity: CapacityRange(minimum: 3, maximum: 5), replacementFirst: replacementFirst))
            started(&stage)
            stage.run(seconds: victimSecond)
            if let victim = stage.serving.last { stage.crash(victim) }
            // Recovery takes the half second of a start. After that no instance may leave too early.
            stage.run(seconds: 0.6)
            for _ in 0..<600 {
                stage.run(seconds: 1)
                #expect(stage.serving.count >= 3, "at \(stage.now), victim at \(victimSecond)")
            }
            let phase = stage.machine.view.maintenance?.phase
            #expect(phase == .completed || phase == .rolledBack)
        }
    }

    @Test(
        "MAINT-3 a replacement that does not become healthy: back to the previous binary, also for the instances replaced before"
    )
    func rollBack() {
        var stage = Stage.serving(FleetSettings(continuity: .preserve))
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        started(&stage)
        stage.run(seconds: 0.7)
        #expect(stage.machine.view.maintenance?.updated.count == 1)
        stage.broken = ["/new"]
        stage.run(seconds: 10)
        #expect(stage.machine.view.maintenance?.phase == .rolledBack)
        #expect(stage.serving.count == 3)
        #expect(stage.processes.values.allSatisfy { $0 == nil })
        #expect(
            stage.history.contains {
                $0.hasSuffix("of the new binary exited with status 1")
            })
        #expect(stage.history.last?.contains("maintenanceRolledBack") == true)
    }

    @Test("MAINT-3 a replacement that fails while the old one still refuses: the old one stays")
    func rollBackCancelsDrain() {
        var stage = Stage.serving()
        started(&stage)
        stage.run(seconds: 20)
        #expect(stage.view(1)?.state == .drainingRefuse)
        stage.crash(3)
        #expect(stage.view(1)?.state == .serving)
        stage.run(seconds: 10)
        #expect(stage.serving == [1, 2])
        #expect(stage.machine.view.maintenance?.phase == .rolledBack)
    }

    @Test("MAINT-3 a binary that can't be used is refused, with the reason")
    func badBinary() {
        var stage = Stage.serving()
        stage.binaryProblem =
            "/new speaks layout 9, the kernel program speaks 3: stop the gateway and start it with /new"
        started(&stage)
        stage.run(seconds: 5)
        #expect(stage.refusals == [stage.binaryProblem])
        #expect(stage.machine.view.maintenance?.phase == .aborted)
        #expect(stage.serving == [1, 2])
    }

    @Test("MAINT-3 pause, resume and abort")
    func pauseResumeAbort() {
        var stage = Stage.serving(FleetSettings(continuity: .preserve))
        stage.ask(.pauseMaintenance)
        stage.ask(.resumeMaintenance)
        stage.ask(.abortMaintenance)
        started(&stage)
        started(&stage)
        stage.run(seconds: 0.1)
        stage.ask(.pauseMaintenance)
        stage.ask(.pauseMaintenance)
        stage.run(seconds: 20)
        #expect(stage.machine.view.maintenance?.updated == [3], "the one at hand is done, and no other begins")
        stage.ask(.resumeMaintenance)
        stage.ask(.resumeMaintenance)
        stage.run(seconds: 0.1)
        stage.ask(.abortMaintenance)
        stage.run(seconds: 10)
        #expect(stage.machine.view.maintenance?.phase == .aborted)
        #expect(stage.serving == [2, 3])
        #expect(stage.processes == [2: nil, 3: "/new"])
        expect(
            stage.refusals,
            """
            no maintenance is going on: 'sluice maintenance start' begins one
            no maintenance is going on: 'sluice maintenance start' begins one
            no maintenance is going on: there is nothing to abort
            maintenance 1 is going on (checking): wait for its end, or run 'sluice maintenance abort'
            maintenance 1 is paused already: 'sluice maintenance resume' goes on
            maintenance 1 is not paused: nothing to resume
            """)
        expect(
            Array(stage.accepted.suffix(4)),
            """
            maintenance 1 begins: instances are replaced one at a time
            maintenance 1 pauses when the instance at hand is replaced
            maintenance 1 goes on
            maintenance 1 is aborted: 1 instances were replaced, 1 keep what they run
            """)
    }

    @Test("MAINT-3 it survives the controller's death at any moment", arguments: [true, false])
    func restarts(isPreserve: Bool) {
        for tenths in stride(from: 0, to: isPreserve ? 25 : 2_000, by: isPreserve ? 1 : 61) {
            var stage = Stage.serving(FleetSettings(continuity: isPreserve ? .preserve : .disruptive))
            started(&stage)
            stage.run(seconds: Double(tenths) / 10)
            stage.restart(after: 3)
            stage.run(seconds: 250)
            #expect(stage.machine.view.maintenance?.phase == .completed, "restart after \(tenths) tenths")
            #expect(stage.serving.count == 2)
            #expect(stage.processes.values.allSatisfy { $0 == "/new" })
        }
    }

    @Test("MAINT-1 maintenance waits for a drain, and none can begin while an instance is replaced")
    func oneAtATime() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        stage.ask(.drain(1))
        started(&stage)
        stage.run(seconds: 89)
        #expect(stage.processes.values.allSatisfy { $0 == nil })
        stage.run(seconds: 1.2)
        stage.ask(.drain(2))
        #expect(stage.refusals.last?.hasPrefix("maintenance 1 is replacing an instance") == true)
        stage.run(seconds: 10)
        stage.ask(.cancelDrain(2))
        #expect(stage.refusals.last?.hasPrefix("instance 2 drains for maintenance 1") == true)
    }
}

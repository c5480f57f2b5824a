import Fleet
import Testing

@Suite("Recovery")
struct RecoveryTests {
    @Test(
        "RECOV-1 no sign of life: unresponsive after at most 5 s, killed, replaced; the replacement serves within 10 s")
    func silent() {
        var stage = Stage.serving()
        stage.run(seconds: 3.3)
        stage.forget()
        stage.stopResponding(1)
        stage.run(seconds: 10)
        expect(
            stage.directives,
            """
            4.7 steer 2
            4.7 state 1 unresponsive
            4.7 kill 1
            4.7 state 3 starting
            4.7 start 3
            4.7 discard 1 instanceLost
            4.7 state 1 stopped
            5.2 state 3 serving
            5.2 steer 2,3
            """)
    }

    @Test("RECOV-1 a heartbeat alone is not enough without answers", arguments: [false, true])
    func mute(isMute: Bool) {
        var stage = Stage.serving()
        if isMute { stage.mute = [2] }
        stage.run(seconds: 6)
        #expect(stage.serving == (isMute ? [1, 3] : [1, 2]))
    }

    @Test("RECOV-1 a stall that ends in time has no consequence")
    func shortStall() {
        var stage = Stage.serving()
        for _ in 0..<20 {
            stage.mute = [1]
            stage.run(seconds: 3.5)
            stage.mute = []
            stage.run(seconds: 1.5)
        }
        #expect(stage.serving == [1, 2])
        #expect(stage.history.isEmpty)
    }

    @Test("RECOV-1 the limit can be set", arguments: [2, 30] as [UInt64])
    func settable(seconds: UInt64) {
        var stage = Stage.serving(FleetSettings(recovery: RecoveryTimes(unresponsiveAfter: seconds * Stage.second)))
        stage.stopResponding(1)
        stage.run(seconds: Double(seconds) - 1.1)
        #expect(stage.serving == [1, 2])
        stage.run(seconds: 2.1)
        #expect(stage.serving == [2, 3])
    }

    @Test("RECOV-1 after a pause of the controller no instance is found unresponsive")
    func stoppedController() {
        var stage = Stage.serving()
        stage.restart(after: 60)
        stage.run(seconds: 60)
        #expect(stage.serving == [1, 2])
    }

    @Test("RECOV-1 a pause of the whole machine loses no instance", arguments: [0.1, 0.4, 0.9, 1, 2.3])
    func pause(between: Double) {
        var stage = Stage.serving()
        for _ in 0..<20 {
            stage.run(seconds: between)
            stage.pause(seconds: 6.5)
            stage.inspect()
        }
        stage.run(seconds: 10)
        #expect(stage.serving == [1, 2])
        #expect(stage.history.isEmpty)
    }

    @Test("RECOV-1 a pause of the whole machine loses no instance that starts, and none that ends")
    func pauseAtStart() {
        var stage = Stage.serving(FleetSettings(continuity: .preserve))
        stage.ask(.scale(instances: 3))
        stage.stubborn = [3]
        stage.pause(seconds: 12)
        stage.inspect()
        stage.run(seconds: 1)
        #expect(stage.serving == [1, 2, 3])
        stage.forget()
        stage.ask(.drain(3))
        stage.pause(seconds: 12)
        stage.run(seconds: 1.5)
        #expect(!stage.directives.contains { $0.contains("kill 3") })
        stage.run(seconds: 1)
        #expect(stage.directives.contains { $0.contains("kill 3") })
    }

    @Test("RECOV-1 an instance that failed before a pause of the machine is detected after it, in the remaining time")
    func silentBeforePause() {
        var stage = Stage.serving()
        stage.stopResponding(1)
        stage.run(seconds: 2)
        stage.pause(seconds: 30)
        stage.run(seconds: 1.5)
        #expect(stage.serving == [1, 2])
        stage.run(seconds: 2.5)
        #expect(stage.serving == [2, 3])
    }

    @Test(
        "RECOV-1 RECOV-3 a controller that starts right after a pause of the machine finds no instance unresponsive because of it"
    )
    func startsAfterPause() {
        var stage = Stage.serving()
        stage.pause(seconds: 6.5)
        stage.restart()
        stage.inspect()
        stage.run(seconds: 10)
        #expect(stage.serving == [1, 2])
    }

    @Test("RECOV-1 a process that is gone is replaced at once")
    func crash() {
        var stage = Stage.serving()
        stage.crash(2)
        stage.run(seconds: 1)
        expect(
            stage.directives,
            """
            0 steer 1
            0 state 2 unresponsive
            0 state 3 starting
            0 start 3
            0 discard 2 instanceLost
            0 state 2 stopped
            0.5 state 3 serving
            0.5 steer 1,3
            """)
        expect(
            stage.history,
            """
            0 instanceUnresponsive 2: was ended by signal 9
            0 instanceStarting 3: recovery of instance 2
            0 instanceStopped 2: was ended by signal 9 (sessions 0)
            0.5 instanceServing 3: recovery of instance 2 (startMilliseconds 500)
            0.5 instanceRecovered 2: instance 3 serves in its place (millisecondsSinceFound 500)
            """)
    }

    @Test("RECOV-1 all at once: all are replaced")
    func allAtOnce() {
        var stage = Stage.serving()
        stage.stopResponding(1)
        stage.stopResponding(2)
        stage.run(seconds: 10)
        #expect(stage.serving.count == 2)
        #expect(stage.directives.filter { $0.contains("kill") } == ["5 kill 1", "5 kill 2"])
    }

    @Test("RECOV-2 azure: sessions of the lost instance are discarded without a reset, and reported as lost")
    func silentLoss() {
        var stage = Stage.serving()
        stage.sessions[1] = 42
        stage.crash(1)
        stage.run(seconds: 1)
        #expect(stage.directives.contains("0 discard 1 instanceLost"))
        #expect(!stage.directives.contains { $0.contains("reset") })
        #expect(stage.history.contains("0 sessionsDiscarded 1: was ended by signal 9 (sessions 42)"))
    }

    @Test("RECOV-2 the drain of an instance that fails does not continue")
    func draining() {
        var stage = Stage.serving()
        stage.ask(.drain(1))
        stage.run(seconds: 50)
        stage.forget()
        stage.crash(1)
        stage.run(seconds: 100)
        expect(
            stage.directives,
            """
            0 state 1 unresponsive
            0 discard 1 instanceLost
            0 state 1 stopped
            """)
        #expect(stage.serving == [2, 3])
    }

    @Test("RECOV-3 a starting controller continues where the previous one stopped, whichever instance died meanwhile")
    func restart() {
        var stage = Stage.serving()
        stage.restart(after: 20, lost: [2])
        stage.run(seconds: 1)
        expect(
            stage.directives,
            """
            20 state 1 serving
            20 steer 1
            20 steer 1
            20 state 2 unresponsive
            20 state 3 starting
            20 start 3
            20 discard 2 instanceLost
            20 state 2 stopped
            20.5 state 3 serving
            20.5 steer 1,3
            """)
    }

    @Test("RECOV-1 RECOV-3 repeated deaths of the controller do not hide an unresponsive instance")
    func dyingControllers() {
        var stage = Stage.serving()
        stage.stopResponding(1)
        for _ in 0..<3 {
            stage.run(seconds: 1.5)
            stage.restart(after: 0.5)
        }
        stage.run(seconds: 1.6)
        #expect(stage.serving == [2, 3])
    }

    @Test(
        "RECOV-3 DRAIN-2 after the controller's death in the reset half the deadline is kept, if the resets were requested before"
    )
    func restartInResetHalf() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        stage.ask(.drain(1))
        stage.run(seconds: 50)
        stage.restart(after: 20)
        stage.run(seconds: 30)
        #expect(
            stage.directives.filter { $0.contains("reset 1") } == ["45 reset 1 within 10 s", "70 reset 1 within 1 s"])
        #expect(stage.directives.contains("90 end 1"))
    }

    @Test("RECOV-3 without its snapshot it adopts living instances, and handles the sessions of the others")
    func withoutSnapshot() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 4))
        stage.run(seconds: 1)
        stage.ask(.drain(4))
        stage.forget()
        stage.restart(after: 5, withSnapshot: false, lost: [2])
        stage.run(seconds: 2)
        #expect(stage.serving == [1, 3])
        #expect(stage.identifiers(\.isDraining) == [4])
        #expect(stage.directives.contains("5 discard 2 instanceLost"))
        stage.run(seconds: 100)
        #expect(stage.view(4) == nil)
    }

    @Test("RECOV-3 a process that was requested and may not have started is requested again")
    func startIsRepeated() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 3))
        stage.forget()
        stage.restart(lost: [3])
        stage.run(seconds: 1)
        #expect(stage.directives.filter { $0.contains("start 3") } == ["0 start 3"])
        #expect(stage.serving == [1, 2, 3])
    }

    @Test("KEEP-1 preserve: serving instances take over when the process is gone; no session is reset or discarded")
    func preserve() {
        var stage = Stage.serving(FleetSettings(continuity: .preserve))
        stage.sessions = [1: 1_000, 2: 500]
        stage.stopResponding(1)
        stage.run(seconds: 10)
        expect(
            stage.directives,
            """
            5 steer 2
            5 state 1 unresponsive
            5 kill 1
            5 state 3 starting
            5 start 3
            5 move 1 to 2
            5 state 1 stopped
            5.5 state 3 serving
            5.5 steer 2,3
            """)
        #expect(stage.history.contains { $0.contains("sessionsMoved 1") && $0.hasSuffix("(sessions 1000)") })
    }

    @Test("KEEP-1 preserve: if no instance can take over, sessions wait until one serves")
    func preserveWithoutHeirs() {
        var stage = Stage.serving(FleetSettings(continuity: .preserve))
        stage.crash(1)
        stage.crash(2)
        stage.run(seconds: 1)
        expect(
            stage.directives.filter { $0.contains("move") || $0.contains("serving") },
            """
            0 move 1 to 2
            0.5 state 3 serving
            0.5 move 2 to 3
            0.5 state 4 serving
            """)
    }

    @Test("KEEP-1 preserve: a scale-in ends the process and hands over, without 90 s")
    func preserveScaleIn() {
        var stage = Stage.serving(FleetSettings(continuity: .preserve))
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        stage.ask(.drain(3))
        stage.run(seconds: 1)
        expect(
            stage.directives,
            """
            0 steer 1,2
            0 state 3 ending
            0 end 3
            0 move 3 to 1,2
            0 state 3 stopped
            """)
        #expect(stage.accepted == ["instance 3 ends, and the others take over its sessions"])
    }
}

import Fleet
import Testing

@Suite("Drain")
struct DrainTests {
    @Test("DRAIN-1 DRAIN-2 DRAIN-3 azure: 45 s refuse, 45 s reset with repeats at 60 and 75 s, recycled at 90 s")
    func azure() {
        var stage = Stage.serving(FleetSettings(capacity: CapacityRange(minimum: 2, maximum: 20)))
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        stage.sessions[3] = 7
        stage.ask(.drain(3))
        stage.run(seconds: 200)
        expect(
            stage.directives,
            """
            0 steer 1,2
            0 state 3 drainingRefuse
            45 state 3 drainingReset
            45 reset 3 within 10 s
            60 repeat 3
            75 repeat 3
            90 state 3 ending
            90 end 3
            90 discard 3 drained
            90 state 3 stopped
            """)
        expect(
            stage.history,
            """
            0 capacityChanged: operator (from 3, maximum 20, minimum 2, to 2)
            0 instanceDraining 3: operator
            45 instanceResetting 3: operator (sessions 100)
            90 instanceEnding 3: operator
            90 sessionsDiscarded 3: operator (sessions 7)
            90 instanceStopped 3: operator (sessions 7)
            """)
    }

    @Test("DRAIN-4 azure-2025 and azure-2022: 90 s refuse, then dropped without a reset")
    func olderProfiles() {
        var stage = Stage.serving(FleetSettings(capacity: CapacityRange(minimum: 2, maximum: 2), drain: .azure2025))
        stage.ask(.drain(1))
        stage.run(seconds: 200)
        expect(
            stage.directives,
            """
            0 steer 2
            0 state 1 drainingRefuse
            0 state 3 starting
            0 start 3
            0.5 state 3 serving
            0.5 steer 2,3
            90 state 1 ending
            90 end 1
            90 discard 1 drained
            90 state 1 stopped
            """)
    }

    @Test(
        "DRAIN-2 custom: halves of any length, repeats after thirds of the second", arguments: [3, 30, 300] as [UInt64])
    func custom(resetSeconds: UInt64) {
        var stage = Stage.serving(
            FleetSettings(drain: DrainTimes(refuse: 10 * Stage.second, reset: resetSeconds * Stage.second)))
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        stage.ask(.drain(2))
        stage.run(seconds: 1_000)
        let third = resetSeconds / 3
        let pacing = [3: "0.6", 30: "6.6", 300: "66.6"][resetSeconds] ?? ""
        expect(
            stage.directives,
            """
            0 steer 1,3
            0 state 2 drainingRefuse
            10 state 2 drainingReset
            10 reset 2 within \(pacing) s
            \(10 + third) repeat 2
            \(10 + 2 * third) repeat 2
            \(10 + resetSeconds) state 2 ending
            \(10 + resetSeconds) end 2
            \(10 + resetSeconds) discard 2 drained
            \(10 + resetSeconds) state 2 stopped
            """)
    }

    @Test("DRAIN-3 it ends early when no session is left, but not because of reports in its first second")
    func early() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1.5)
        stage.forget()
        stage.sessionsLeft = (0, 0)
        stage.ask(.drain(1))
        stage.run(seconds: 0.9)
        #expect(stage.view(1)?.state == .drainingRefuse)
        stage.run(seconds: 2)
        #expect(stage.view(1) == nil)
        #expect(stage.directives.contains("1.5 end 1"), "\(stage.directives)")
    }

    @Test("DRAIN-2 with tombstones it continues to its end, so that late ends receive a RST too")
    func tombstones() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        stage.ask(.drain(1))
        stage.run(seconds: 46)
        stage.sessionsLeft = (0, 100)
        stage.run(seconds: 43.9)
        #expect(stage.view(1)?.state == .drainingReset)
        stage.run(seconds: 0.1)
        #expect(stage.view(1) == nil)
    }

    @Test(
        "DRAIN-2 a small delay keeps the deadline; after a long absence the ends get the whole reset half",
        arguments: [4, 120])
    func late(seconds: Int) {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        stage.ask(.drain(1))
        stage.deliver(.tick)
        stage.restart(after: 45 + Double(seconds))
        stage.run(seconds: 200)
        let end = seconds == 4 ? 90 : 45 + seconds + 45
        let resets = stage.directives.filter {
            $0.contains("reset 1") || $0.contains("repeat") || $0.contains(" end 1")
        }
        expect(
            resets,
            """
            \(45 + seconds) reset 1 within \(seconds == 4 ? 6 : 10) s
            \(seconds == 4 ? 60 : 45 + seconds + 15) repeat 1
            \(seconds == 4 ? 75 : 45 + seconds + 30) repeat 1
            \(end) end 1
            """)
    }

    @Test("DRAIN-1 it can be cancelled while it refuses, and not later")
    func cancel() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        stage.ask(.drain(1))
        stage.run(seconds: 44)
        stage.ask(.cancelDrain(1))
        stage.run(seconds: 100)
        expect(
            stage.directives,
            """
            0 steer 2,3
            0 state 1 drainingRefuse
            44 state 1 serving
            44 steer 1,2,3
            """)
        #expect(stage.accepted.last == "instance 1 serves again")
        stage.ask(.drain(1))
        stage.run(seconds: 46)
        stage.ask(.cancelDrain(1))
        #expect(
            stage.refusals == ["instance 1 resets its sessions already: a drain can be cancelled only while it refuses"]
        )
    }

    @Test("DRAIN-1 the view shows its progress and its end")
    func view() throws {
        var stage = Stage.serving()
        let began = stage.now
        stage.ask(.drain(1))
        stage.run(seconds: 3)
        let drain = try #require(stage.view(1)?.drain)
        #expect(drain.since == began)
        #expect(drain.resetsAt == began + 45 * Stage.second)
        #expect(drain.deadline == began + 90 * Stage.second)
        #expect(drain.liveSessions == 100)
        stage.run(seconds: 50)
        #expect(stage.view(1)?.drain?.resetsAt == nil)
    }

    @Test("DRAIN-3 a process that does not end is killed, and its sessions are handled only after that")
    func stubborn() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.forget()
        stage.stubborn = [2]
        stage.ask(.stop(2))
        stage.run(seconds: 10)
        expect(
            stage.directives,
            """
            0 steer 1,3
            0 state 2 ending
            0 end 2
            2 kill 2
            2 discard 2 stopped
            2 state 2 stopped
            """)
    }
}

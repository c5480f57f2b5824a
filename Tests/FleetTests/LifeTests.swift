import Testing

@testable import Fleet

@Suite("Life of an instance")
struct LifeTests {
    @Test("FLEET-1 the first start: the minimum number of instances start, then new sessions are steered to them")
    func firstStart() {
        var stage = Stage()
        stage.run(seconds: 1)
        expect(
            stage.directives,
            """
            0 state 1 starting
            0 start 1
            0 state 2 starting
            0 start 2
            0.5 state 1 serving
            0.5 steer 1
            0.5 state 2 serving
            0.5 steer 1,2
            """)
        expect(
            stage.history,
            """
            0 instanceStarting 1: capacity
            0 instanceStarting 2: capacity
            0.5 instanceServing 1: capacity (startMilliseconds 500)
            0.5 instanceServing 2: capacity (startMilliseconds 500)
            """)
    }

    @Test("FLEET-2 exactly these transitions exist")
    func transitions() {
        let allowed: [InstanceState: Set<InstanceState>] = [
            .stopped: [.starting],
            .starting: [.serving, .ending, .stopped],
            .serving: [.drainingRefuse, .ending, .unresponsive],
            .drainingRefuse: [.serving, .drainingReset, .ending, .unresponsive],
            .drainingReset: [.ending, .unresponsive],
            .ending: [.stopped],
            .unresponsive: [.stopped],
        ]
        for from in InstanceState.allCases {
            for to in InstanceState.allCases {
                #expect(from.canBecome(to) == (allowed[from]?.contains(to) == true), "\(from) to \(to)")
            }
        }
    }

    @Test("FLEET-2 an instance that fails to start is ended and started again, with growing delays")
    func failingStarts() {
        var stage = Stage.serving()
        stage.startNanoseconds = 1_000 * Stage.second
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 40)
        expect(
            stage.directives.filter { $0.contains(" start ") || $0.contains("kill") || $0.contains("discard") },
            """
            0 start 3
            10 kill 3
            10 discard 3 instanceLost
            11 start 3
            21 kill 3
            21 discard 3 instanceLost
            23 start 3
            33 kill 3
            33 discard 3 instanceLost
            37 start 3
            """)
    }

    @Test("FLEET-2 an instance that can't be started is reported with the reason")
    func cannotStart() {
        var stage = Stage.serving()
        stage.startNanoseconds = 1_000 * Stage.second
        stage.ask(.scale(instances: 3))
        stage.deliver(.exited(3, .couldNotStart("no such file: /opt/sluice")))
        #expect(stage.history.contains("0 instanceFailed 3: could not be started: no such file: /opt/sluice"))
        #expect(stage.serving == [1, 2])
    }

    @Test("FLEET-1 drain and stop are refused with reasons")
    func refusals() {
        var stage = Stage.serving()
        stage.ask(.drain(9))
        stage.ask(.stop(9))
        stage.ask(.cancelDrain(1))
        stage.ask(.drain(1))
        stage.ask(.drain(1))
        stage.ask(.drain(2))
        expect(
            stage.refusals,
            """
            there is no instance 9: there are 1, 2 ('sluice instance list')
            there is no instance 9: there are 1, 2 ('sluice instance list')
            instance 1 does not drain: it is serving
            instance 1 drains already: 'sluice instance list' shows how far it is
            instance 2 is the last one that serves: without it no instance would take new sessions; run 'sluice fleet scale --instances 2' first, or wait until another serves
            """)
        stage.run(seconds: 1)
        stage.forget()
        stage.ask(.drain(2))
        stage.run(seconds: 45)
        stage.ask(.stop(3))
        expect(
            stage.refusals,
            """
            instance 1 is leaving (drainingRefuse, operator), and only one may at a time: wait until it is gone, or cancel that with 'sluice instance drain 1 --cancel'
            instance 1 is leaving (drainingReset, operator), and only one may at a time: wait until it is gone
            """)
    }

    @Test("FLEET-1 at the minimum a drained instance is replaced at once; above it the fleet gets smaller")
    func replacement() {
        var stage = Stage.serving()
        stage.ask(.drain(1))
        #expect(
            stage.accepted == [
                "instance 1 drains: it refuses new sessions for 45 s, then resets its own for 45 s; another takes its place, as the fleet's minimum is 2"
            ])
        stage.run(seconds: 100)
        #expect(stage.serving == [2, 3])
        stage.ask(.scale(instances: 3))
        stage.run(seconds: 1)
        stage.ask(.stop(2))
        stage.run(seconds: 1)
        #expect(stage.serving == [1, 3])
        #expect(stage.machine.view.desired == 2)
    }
}

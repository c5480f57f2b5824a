import Fleet
import Testing

@Suite("Scaling")
struct ScalingTests {
    /// A measurement in which all `count` instances have the same load.
    private func load(
        _ count: Int, throughput: Double = 0, cpu: Double = 0, table: Double = 0
    ) -> FleetMeasurement {
        FleetMeasurement(
            instances: (1...count).map {
                InstanceMeasurement(
                    identifier: InstanceIdentifier($0), cpu: cpu, bitsPerSecond: throughput * 1.5e9, sessions: 10,
                    longLivedSessions: 0)
            },
            tableSessions: Int(table * 1_000), tableCapacity: 1_000)
    }

    @Test(
        "SCALE-1 out at 60 % of throughput or CPU, or 80 % of the sessions, averaged over a minute",
        arguments: [(0.6, 0, 0), (0, 0.6, 0), (0, 0, 0.8)] as [(Double, Double, Double)])
    func out(throughput: Double, cpu: Double, table: Double) {
        var stage = Stage.serving()
        stage.measurement = load(2, throughput: throughput, cpu: cpu, table: table)
        stage.run(seconds: 48)
        #expect(stage.serving == [1, 2])
        stage.run(seconds: 12)
        #expect(stage.serving == [1, 2, 3])
        let decisions = stage.history.filter { $0.contains("scaleOut") }
        #expect(decisions.count == 1)
        #expect(
            decisions.first?.hasSuffix(
                "scaleOut: autoscaler (averageCpu \(number(cpu)), averageThroughput \(number(throughput)), from 2, "
                    + "sessions \(number(table)), to 3)") == true, "\(decisions)")
    }

    private func number(_ value: Double) -> String { value == 0 ? "0" : "\(value)" }

    @Test(
        "SCALE-1 slightly below the limits: no further instance",
        arguments: [(0.599, 0.599, 0.799)] as [(Double, Double, Double)])
    func notOut(throughput: Double, cpu: Double, table: Double) {
        var stage = Stage.serving()
        stage.measurement = load(2, throughput: throughput, cpu: cpu, table: table)
        stage.run(seconds: 1_000)
        #expect(stage.serving == [1, 2])
    }

    @Test("SCALE-1 a short peak has no effect: the average of the minute counts")
    func peak() {
        var stage = Stage.serving()
        stage.measurement = load(2, throughput: 0.3)
        stage.run(seconds: 100)
        stage.measurement = load(2, throughput: 1)
        stage.run(seconds: 20)
        stage.measurement = load(2, throughput: 0.3)
        stage.run(seconds: 100)
        #expect(stage.serving == [1, 2])
    }

    @Test("SCALE-1 enough instances to bring the average below 60 %, up to the maximum, and then none")
    func outByNeed() {
        var stage = Stage.serving(FleetSettings(capacity: CapacityRange(minimum: 2, maximum: 5)))
        stage.measurement = load(2, throughput: 1.1)
        stage.run(seconds: 62)
        #expect(stage.serving == [1, 2, 3, 4])
        stage.measurement = load(5, throughput: 1.1)
        stage.run(seconds: 300)
        #expect(stage.serving == [1, 2, 3, 4, 5])
    }

    @Test("SCALE-3 sessions are compared with the capacity of the instances if the table is larger")
    func instanceSessions() {
        var stage = Stage.serving(FleetSettings(instance: InstanceCapacity(sessions: 100)))
        stage.measurement = load(2, table: 0.16)
        stage.run(seconds: 62)
        #expect(stage.serving == [1, 2, 3])
    }

    @Test("SCALE-1 in, one at a time, when all three were below 20 % for the cool-down; it drains")
    func scaleIn() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 4))
        stage.run(seconds: 1)
        stage.forget()
        stage.measurement = load(4, throughput: 0.19, cpu: 0.19, table: 0.19)
        stage.run(seconds: 340)
        #expect(stage.serving.count == 4)
        stage.run(seconds: 20)
        #expect(stage.identifiers(\.isDraining) == [4])
        #expect(stage.history.last?.contains("instanceDraining 4: scale-in") == true, "\(stage.history)")
        stage.run(seconds: 290)
        #expect(stage.serving == [1, 2, 3])
        stage.run(seconds: 20)
        #expect(stage.identifiers(\.isDraining) == [3])
        stage.run(seconds: 2_000)
        #expect(stage.serving == [1, 2], "never below the minimum")
    }

    @Test(
        "SCALE-1 if one of the three is at 20 %, none leaves",
        arguments: [(0.2, 0, 0), (0, 0.2, 0), (0, 0, 0.2)] as [(Double, Double, Double)])
    func notIn(throughput: Double, cpu: Double, table: Double) {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 4))
        stage.run(seconds: 1)
        stage.measurement = load(4, throughput: throughput, cpu: cpu, table: table)
        stage.run(seconds: 2_000)
        #expect(stage.serving.count == 4)
    }

    @Test("SCALE-1 the instance with the fewest long-lived sessions leaves, then the one with the fewest sessions")
    func whoLeaves() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 4))
        stage.run(seconds: 1)
        stage.deliver(
            .measured(
                FleetMeasurement(
                    instances: [(1, 5, 50), (2, 2, 90), (3, 2, 20), (4, 3, 10)].map {
                        InstanceMeasurement(
                            identifier: $0.0, cpu: 0.3, bitsPerSecond: 0, sessions: $0.2, longLivedSessions: $0.1)
                    },
                    tableSessions: 170, tableCapacity: 1_000)))
        stage.ask(.scale(instances: 3))
        #expect(stage.identifiers(\.isDraining) == [3])
    }

    @Test("SCALE-4 a scale-out does not affect existing instances and sessions")
    func outMovesNothing() {
        var stage = Stage.serving()
        stage.ask(.scale(instances: 4))
        stage.run(seconds: 1)
        expect(
            stage.directives,
            """
            0 state 3 starting
            0 start 3
            0 state 4 starting
            0 start 4
            0.5 state 3 serving
            0.5 steer 1,2,3
            0.5 state 4 serving
            0.5 steer 1,2,3,4
            """)
    }

    @Test("SCALE-2 capacities are 2 to 50 each, equal or more than 1 apart")
    func prescaling() {
        #expect(CapacityRange.standard == CapacityRange(minimum: 2, maximum: 20))
        for minimum in 0...52 {
            for maximum in 0...52 {
                let isAllowed =
                    (2...50).contains(minimum) && (2...50).contains(maximum)
                    && (maximum == minimum || maximum - minimum > 1)
                let problem = CapacityRange(minimum: minimum, maximum: maximum).problem
                #expect((problem == nil) == isAllowed, "\(minimum) to \(maximum)")
            }
        }
        #expect(
            CapacityRange(minimum: 5, maximum: 6).problem
                == "capacities 5 and 6 are 1 apart: write them equal (a fixed size), or more than 1 apart, like 5 and 7"
        )
        #expect(
            CapacityRange(minimum: 49, maximum: 50).problem?.hasSuffix("like 48 and 50") == true)
        #expect(CapacityRange(minimum: 1, maximum: 5).problem == "the minimum capacity 1 is not within 2 to 50")
    }

    @Test("SCALE-2 prescaling moves the fleet into its bounds; contradictory ones change nothing")
    func prescale() {
        var stage = Stage.serving()
        stage.ask(.prescale(CapacityRange(minimum: 5, maximum: 6)))
        #expect(stage.refusals.count == 1)
        #expect(stage.machine.view.capacity == .standard)
        stage.ask(.prescale(CapacityRange(minimum: 4, maximum: 4)))
        stage.run(seconds: 1)
        #expect(stage.serving == [1, 2, 3, 4])
        stage.measurement = load(4, throughput: 1)
        stage.run(seconds: 500)
        #expect(stage.serving.count == 4, "a fixed size is not scaled")
        stage.ask(.scale(instances: 5))
        #expect(
            stage.refusals.last
                == "5 instances are outside the fleet's capacity of 4 to 4: 'sluice fleet prescale --min N --max M' changes it"
        )
        stage.ask(.prescale(CapacityRange(minimum: 2, maximum: 2)))
        stage.run(seconds: 250)
        #expect(stage.serving.count == 2)
    }

    @Test("SCALE-2 prescaled bounds survive a restart, until the configuration changes")
    func configuredCapacity() {
        var stage = Stage.serving()
        stage.ask(.prescale(CapacityRange(minimum: 3, maximum: 9)))
        stage.restart()
        #expect(stage.machine.view.capacity == CapacityRange(minimum: 3, maximum: 9))
        stage.deliver(.settingsChanged(FleetSettings()))
        #expect(stage.machine.view.capacity == CapacityRange(minimum: 3, maximum: 9))
        stage.deliver(.settingsChanged(FleetSettings(capacity: CapacityRange(minimum: 4, maximum: 4))))
        #expect(stage.machine.view.capacity == CapacityRange(minimum: 4, maximum: 4))
    }
}

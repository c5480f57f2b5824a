import Fleet
import Testing

/// Where new sessions go during a maintenance.
@Suite("Steering in a maintenance")
struct MaintenanceSteeringTests {
    /// Directives `steer`, without their times.
    private func steered(_ stage: Stage) -> [String] {
        stage.directives.filter { $0.contains(" steer ") }.map { $0.drop { $0 != "s" } }.map(String.init)
    }

    /// A fleet of 4, whose load is measured every 10 s.
    private func stage(_ settings: FleetSettings, busy: [InstanceIdentifier] = []) -> Stage {
        var stage = Stage.serving(settings)
        stage.measurement = measurement(busy: busy)
        return stage
    }

    private func measurement(busy: [InstanceIdentifier], sessions: Int = 0) -> FleetMeasurement {
        FleetMeasurement(
            instances: ([1, 2, 3, 4, 5] as [InstanceIdentifier]).map { identifier in
                let isBusy = busy.contains(identifier)
                return InstanceMeasurement(
                    identifier: identifier, cpu: isBusy ? 0.6 : 0.25, bitsPerSecond: 0,
                    sessions: isBusy ? sessions : 0, longLivedSessions: 0)
            }, tableSessions: 0, tableCapacity: 1_000_000)
    }

    private var four: FleetSettings { FleetSettings(capacity: CapacityRange(minimum: 4, maximum: 4)) }

    @Test("MAINT-1 FLEET-1 new sessions go to replaced instances first, and all serving ones remain allowed")
    func updatedFirst() {
        var stage = stage(four)
        stage.ask(.startMaintenance(binary: "/new", now: false))
        stage.run(seconds: 400)
        #expect(stage.machine.view.maintenance?.phase == .completed)
        expect(
            steered(stage),
            """
            steer 1,2,3,4,5 first 5
            steer 2,3,4,5 first 5
            steer 1,2,3,4,5 first 1,5
            steer 1,3,4,5 first 1,5
            steer 1,2,3,4,5 first 1,2,5
            steer 1,2,4,5 first 1,2,5
            steer 1,2,3,4,5 first 1,2,3,5
            steer 1,2,3,5
            """)
    }

    @Test("MAINT-1 SCALE-1 when the replaced instances reach the load of a scale-out, the others take sessions too")
    func full() {
        var stage = stage(four)
        stage.ask(.startMaintenance(binary: "/new", now: false))
        stage.run(seconds: 5)
        #expect(steered(stage).last == "steer 2,3,4,5 first 5")
        stage.measurement = measurement(busy: [5])
        stage.run(seconds: 10)
        #expect(steered(stage).last == "steer 2,3,4,5")
        // A little less load is no reason to change it back.
        stage.measurement = measurement(busy: [])
        stage.measurement?.instances[4].cpu = 0.4
        stage.run(seconds: 10)
        #expect(steered(stage).last == "steer 2,3,4,5")
        stage.measurement = measurement(busy: [])
        stage.run(seconds: 10)
        #expect(steered(stage).last == "steer 2,3,4,5 first 5")
        // Sessions: 80 % of an instance's capacity.
        stage.measurement = measurement(busy: [5], sessions: 104_858)
        stage.measurement?.instances[4].cpu = 0
        stage.run(seconds: 10)
        #expect(steered(stage).last == "steer 2,3,4,5")
        stage.run(seconds: 500)
        #expect(stage.machine.view.maintenance?.phase == .completed)
    }

    @Test("MAINT-3 an aborted maintenance: all serving instances share new sessions again")
    func aborted() {
        var stage = stage(four)
        stage.ask(.startMaintenance(binary: "/new", now: false))
        stage.run(seconds: 100)
        #expect(steered(stage).last?.hasSuffix("first 1,5") == true)
        stage.ask(.abortMaintenance)
        stage.run(seconds: 1)
        #expect(steered(stage).last?.contains("first") == false)
    }

    @Test("MAINT-3 RECOV-3 a new controller goes on with the same steering")
    func restart() {
        var stage = stage(four)
        stage.ask(.startMaintenance(binary: "/new", now: false))
        stage.run(seconds: 20)
        stage.restart(after: 2)
        #expect(steered(stage).last == "steer 2,3,4,5 first 5")
        stage.run(seconds: 500)
        #expect(stage.machine.view.maintenance?.phase == .completed)
        #expect(steered(stage).last == "steer 1,2,3,5")
    }

    @Test("KEEP-1 with preserve no session is disrupted, so all serving instances share new sessions")
    func preserve() {
        var stage = stage(FleetSettings(capacity: CapacityRange(minimum: 4, maximum: 4), continuity: .preserve))
        stage.ask(.startMaintenance(binary: "/new", now: false))
        stage.run(seconds: 30)
        #expect(steered(stage).allSatisfy { !$0.contains("first") })
    }

    @Test("MAINT-1 the setting can be switched off, for forecasts of firewalls that do otherwise")
    func off() {
        var settings = four
        settings.steersToUpdatedFirst = false
        var stage = stage(settings)
        stage.ask(.startMaintenance(binary: "/new", now: false))
        stage.run(seconds: 400)
        #expect(steered(stage).allSatisfy { !$0.contains("first") })
    }
}

internal import Fleet
internal import Policy

extension Fleet.FleetSettings {
    /// The interval of measurements, and the window over which they are averaged (SCALE-1), before time scaling.
    private static let sampleInterval: UInt64 = 10_000_000_000
    private static let window: UInt64 = 60_000_000_000
    /// The lower limit with any time scale, because a measurement costs CPU time.
    private static let shortestSampleInterval: UInt64 = 250_000_000

    /// The fleet's settings from a configuration. The times of drain and autoscaling are scaled. The times of recovery are not, because
    /// processes do not start faster with a scaled clock.
    init(_ configuration: Policy.Configuration) {
        let fleet = configuration.fleet
        let sample = max(
            SessionTimeouts.scale(Self.sampleInterval, by: configuration.timeScale), Self.shortestSampleInterval)
        let recovery = RecoveryTimes(unresponsiveAfter: fleet.recoveryAfter)
        self.init(
            capacity: CapacityRange(minimum: fleet.minCapacity, maximum: fleet.maxCapacity),
            instance: InstanceCapacity(
                throughputBitsPerSecond: fleet.throughputBitsPerSecond, sessions: fleet.sessions),
            drain: DrainTimes(refuse: configuration.drain.refuse, reset: configuration.drain.reset),
            continuity: configuration.continuity == .preserve ? .preserve : .disruptive,
            scaling: ScalingTimes(
                sampleInterval: sample,
                window: max(SessionTimeouts.scale(Self.window, by: configuration.timeScale), 6 * sample),
                coolDown: max(configuration.coolDown, 2 * sample)),
            recovery: recovery,
            windows: configuration.maintenance.map {
                [
                    DailyWindow(
                        startMinute: $0.startMinute, lengthSeconds: Int64($0.length / 1_000_000_000), zone: $0.timeZone)
                ]
            } ?? [])
    }
}

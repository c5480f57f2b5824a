internal import Fleet
internal import Policy

extension Fleet.FleetSettings {
    /// Between two measurements, and what is averaged over (SCALE-1), before the clock is scaled.
    private static let sampleInterval: UInt64 = 10_000_000_000
    private static let window: UInt64 = 60_000_000_000
    /// However fast the clock runs: looking costs something.
    private static let shortestSampleInterval: UInt64 = 250_000_000

    /// What a configuration asks of the fleet. Drain and autoscaling run by the profile's clock; recovery by the machine's,
    /// as processes do not start faster because the clock does.
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

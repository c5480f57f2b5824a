/// Decides how many instances are to serve (SCALE-1). Scale-out: average throughput or CPU at 60 %, or sessions at 80
/// %. Scale-in, one instance at a time: all three below 20 % for the cool-down.
struct Autoscaler: Sendable {
    static let outLoad = 0.6
    static let outSessions = 0.8
    static let inLoad = 0.2

    /// Tolerance for rounding errors of sums: exactly 60 % must count as 60 %.
    private static let rounding = 1e-9
    private static let thresholds = (busy: outLoad - rounding, full: outSessions - rounding, little: inLoad - rounding)

    enum Decision: Hashable, Sendable {
        case out(to: Int)
        /// One instance less.
        case `in`
    }

    /// Shares of the capacity in use, 0 ... 1.
    struct Load: Hashable, Sendable {
        var throughput: Double
        var cpu: Double
        var sessions: Double
    }

    private var samples: [(load: Load, time: UInt64)] = []
    private var lowSince: UInt64?

    /// Discards the samples. Called when the fleet has changed, because they describe another fleet.
    mutating func forget() { self = Autoscaler() }

    /// Adds a sample, and returns the decision for a fleet of `serving` instances.
    mutating func decide(
        _ load: Load, serving: Int, capacity: CapacityRange, times: ScalingTimes, now: UInt64
    ) -> (decision: Decision, average: Load)? {
        samples.append((load, now))
        samples.removeAll { $0.time + times.window <= now }
        guard let average = average(times: times, now: now) else { return nil }
        let (busy, full, little) = Autoscaler.thresholds
        if average.throughput >= busy || average.cpu >= busy || average.sessions >= full {
            lowSince = nil
            guard serving < capacity.maximum else { return nil }
            let busiest = max(average.throughput, average.cpu)
            let needed = Int((Double(serving) * busiest / Autoscaler.outLoad - Autoscaler.rounding).rounded(.up))
            forget()
            return (.out(to: min(max(serving + 1, needed), capacity.maximum)), average)
        }
        guard average.throughput < little, average.cpu < little, average.sessions < little else {
            lowSince = nil
            return nil
        }
        let since = lowSince ?? now
        lowSince = since
        guard now >= since + times.coolDown, serving > capacity.minimum else { return nil }
        // The next scale-in waits for another cool-down.
        lowSince = now
        return (.in, average)
    }

    /// The averages, when the samples cover the window. One missing sample is tolerated.
    private func average(times: ScalingTimes, now: UInt64) -> Load? {
        let needed = max(Int(times.window / max(times.sampleInterval, 1)) - 1, 1)
        guard let first = samples.first, samples.count >= needed,
            now - first.time + times.sampleInterval + times.sampleInterval / 2 >= times.window
        else { return nil }
        let count = Double(samples.count)
        return Load(
            throughput: samples.reduce(0) { $0 + $1.load.throughput } / count,
            cpu: samples.reduce(0) { $0 + $1.load.cpu } / count,
            sessions: samples.reduce(0) { $0 + $1.load.sessions } / count)
    }
}

extension FleetMeasurement {
    /// The share of the capacity of the serving instances that is in use. For sessions: of the table, or of the session
    /// capacity of these instances if that is smaller (SCALE-3).
    func load(serving: [InstanceIdentifier], instance: InstanceCapacity) -> Autoscaler.Load? {
        let measured = instances.filter { serving.contains($0.identifier) }
        guard !serving.isEmpty, measured.count == serving.count else { return nil }
        let count = Double(serving.count)
        let bits = measured.reduce(0) { $0 + $1.bitsPerSecond }
        let room = min(tableCapacity, serving.count * instance.sessions)
        return Autoscaler.Load(
            throughput: bits / (count * Double(max(instance.throughputBitsPerSecond, 1))),
            cpu: measured.reduce(0) { $0 + $1.cpu } / count,
            sessions: Double(tableSessions) / Double(max(room, 1)))
    }
}

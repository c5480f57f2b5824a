import Yams

extension ConfigurationReader {
    /// `fleet: { minCapacity: 2, maxCapacity: 20, instance: {...}, coolDown: 5m }` and `recovery: { after: 5s }`; nil
    /// if one of them is wrong.
    mutating func readFleet(_ section: Section) -> FleetConfiguration? {
        let before = errors.count
        var fleet = FleetConfiguration()
        if let node = section["fleet"],
            let keys = self.section(node, path: "fleet", keys: ConfigurationReference.names(of: .fleet))
        {
            readBounds(keys, into: &fleet)
            readInstance(keys, into: &fleet)
            let coolDowns: ClosedRange<UInt64> = 1 * .minute...1 * .day
            if let time = ranged(keys, "coolDown", coolDowns) { fleet.unscaledCoolDown = time }
        }
        if let node = section["recovery"],
            let keys = self.section(node, path: "recovery", keys: ConfigurationReference.names(of: .recovery))
        {
            let limits: ClosedRange<UInt64> = 2 * .second...1 * .hour
            if let time = ranged(keys, "after", limits) { fleet.recoveryAfter = time }
        }
        return errors.count == before ? fleet : nil
    }

    private mutating func readBounds(_ keys: Section, into fleet: inout FleetConfiguration) {
        let isGiven = (min: keys["minCapacity"] != nil, max: keys["maxCapacity"] != nil)
        let before = errors.count
        if let count = integer(keys, "minCapacity", in: ConfigurationLimits.instances) { fleet.minCapacity = count }
        if let count = integer(keys, "maxCapacity", in: ConfigurationLimits.instances) { fleet.maxCapacity = count }
        guard errors.count == before, isGiven.min || isGiven.max else { return }
        if let mistake = FleetConfiguration.mistake(min: fleet.minCapacity, max: fleet.maxCapacity) {
            let key = isGiven.max ? "maxCapacity" : "minCapacity"
            let usual = isGiven.min && isGiven.max ? "" : " (one of them is the default)"
            report(keys[key], keys.path(of: key), mistake + usual)
        }
    }

    private mutating func readInstance(_ keys: Section, into fleet: inout FleetConfiguration) {
        guard let node = keys["instance"],
            let instance = self.section(
                node, path: "fleet.instance", keys: ConfigurationReference.names(of: .fleetInstance))
        else { return }
        if let rate = bitRate(instance, "throughput") { fleet.throughputBitsPerSecond = rate }
        if let count = integer(instance, "sessions", in: ConfigurationLimits.capacitySessions) {
            fleet.sessions = count
        }
    }

    /// A duration in a range that does not depend on the profile.
    private mutating func ranged(_ section: Section, _ key: String, _ range: ClosedRange<UInt64>) -> UInt64? {
        guard let time = duration(section, key) else { return nil }
        guard range.contains(time) else {
            let (lower, upper) = (range.lowerBound, range.upperBound)
            report(
                section[key], section.path(of: key),
                "\(DurationText.format(nanoseconds: time)) is outside the range: write "
                    + "\(DurationText.format(nanoseconds: lower)) to \(DurationText.format(nanoseconds: upper))")
            return nil
        }
        return time
    }

    /// `1.5Gbps` or `800Mbps`, in bits per second.
    private mutating func bitRate(_ section: Section, _ key: String) -> UInt64? {
        guard let text = text(section, key) else { return nil }
        let units: [(name: String, bits: Double)] = [
            ("kbps", 1e3), ("mbps", 1e6), ("gbps", 1e9), ("tbps", 1e12), ("bps", 1),
        ]
        let lower = text.lowercased()
        for (name, bits) in units where lower.hasSuffix(name) {
            let digits = lower.dropLast(name.count)
            let isPlain = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
            guard isPlain, let number = Double(digits) else { break }
            let rate = number * bits
            if ConfigurationLimits.instanceBitsPerSecond.contains(rate) { return UInt64(rate.rounded()) }
            break
        }
        report(
            section[key], section.path(of: key),
            "\"\(text)\" is not a throughput from 1Mbps to 100Tbps: write for example 1.5Gbps or 800Mbps")
        return nil
    }
}

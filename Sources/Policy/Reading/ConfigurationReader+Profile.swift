import FlowCore
import Yams

extension ConfigurationReader {
    /// The profile's timeouts with the values that the configuration sets, each within the profile's range (PROF-1).
    /// Not scaled.
    mutating func readTimeouts(_ section: Section, profile: Profile) -> SessionTimeouts {
        var timeouts = profile.defaults
        let custom = profile.isCustom ? Profile.customRange : nil
        set(&timeouts.northSouth, section, "northSouthIdleTimeout", profile, profile.northSouthRange)
        if profile.eastWestFollowsNorthSouth { timeouts.eastWest = timeouts.northSouth }
        set(&timeouts.eastWest, section, "eastWestIdleTimeout", profile, custom)
        set(&timeouts.halfOpen, section, "halfOpenTimeout", profile, custom)
        set(&timeouts.closing, section, "closingTimeout", profile, custom)
        set(&timeouts.closed, section, "closedTimeout", profile, custom)

        if let node = section["idleReset"],
            let resets = self.section(node, path: "idleReset", keys: ConfigurationReference.names(of: .idleReset))
        {
            set(&timeouts.northSouthOnIdle, resets, "northSouth", profile)
            set(&timeouts.eastWestOnIdle, resets, "eastWest", profile)
        }
        return timeouts
    }

    /// The profile's drain with the values that `custom` sets. Not scaled.
    mutating func readDrain(_ section: Section, profile: Profile) -> DrainSettings? {
        var drain = profile.drain
        guard let node = section["drain"] else { return drain }
        guard let times = self.section(node, path: "drain", keys: ConfigurationReference.names(of: .drain)) else {
            return nil
        }
        let range = profile.isCustom ? 0...Profile.customRange.upperBound : nil
        set(&drain.refuse, times, "refuse", profile, range)
        set(&drain.reset, times, "reset", profile, range)
        return drain
    }

    /// Reads a duration into a value of the profile. `range` is what the profile allows; nil: only the current value.
    private mutating func set(
        _ value: inout UInt64, _ section: Section, _ key: String, _ profile: Profile, _ range: ClosedRange<UInt64>?
    ) {
        guard let duration = duration(section, key) else { return }
        let path = section.path(of: key)
        let written = DurationText.format(nanoseconds: duration)
        guard let range else {
            if duration != value {
                let fixed = DurationText.format(nanoseconds: value)
                report(
                    section[key], path,
                    "\(written) is outside the range of the profile \(profile.rawValue), which fixes \(key) at \(fixed): remove the key, or use the profile custom"
                )
            }
            return
        }
        guard range.contains(duration) else {
            let lower = DurationText.format(nanoseconds: range.lowerBound)
            let upper = DurationText.format(nanoseconds: range.upperBound)
            let remedy = profile.isCustom ? "" : ", or use the profile custom (1s to 7d)"
            report(
                section[key], path,
                "\(written) is outside the range of the profile \(profile.rawValue): write \(lower) to \(upper)\(remedy)"
            )
            return
        }
        value = duration
    }

    /// Reads whether idle sessions of a class are reset.
    private mutating func set(_ value: inout OnIdle, _ section: Section, _ key: String, _ profile: Profile) {
        guard let isReset = boolean(section, key) else { return }
        let wanted: OnIdle = isReset ? .reset : .silent
        guard profile.isCustom || wanted == value else {
            report(
                section[key], section.path(of: key),
                "\(isReset) is outside the range of the profile \(profile.rawValue), which fixes it at \(!isReset): remove the key, or use the profile custom"
            )
            return
        }
        value = wanted
    }
}

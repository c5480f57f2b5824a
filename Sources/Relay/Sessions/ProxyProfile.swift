package import Fleet
import FlowCore
package import Policy

/// The keys of a proxy that make it behave as a documented firewall without any toxic (RELAY-2). The times are
/// `Policy`'s.
package struct ProxyProfile: Equatable, Sendable {
    /// nil: toxics only.
    package var profile: Profile?
    package var isEastWest = false
    /// Nanoseconds, before scaling; nil: the profile's.
    package var northSouthIdleTimeout: UInt64?
    /// How many times as fast the firewall's clock is.
    package var timeScale = 1.0

    package init(
        profile: Profile? = nil, isEastWest: Bool = false, northSouthIdleTimeout: UInt64? = nil, timeScale: Double = 1
    ) {
        self.profile = profile
        self.isEastWest = isEastWest
        self.northSouthIdleTimeout = northSouthIdleTimeout
        self.timeScale = timeScale
    }

    /// The idle rule of a connection; nil without a profile.
    package func idleRule(now: UInt64) -> SessionMachine.Rule? {
        guard let profile else { return nil }
        var timeouts = profile.defaults
        if let northSouthIdleTimeout {
            timeouts.northSouth = northSouthIdleTimeout
            if profile.eastWestFollowsNorthSouth { timeouts.eastWest = northSouthIdleTimeout }
        }
        timeouts = timeouts.scaled(by: timeScale)
        let trafficClass: TrafficClass = isEastWest ? .eastWest : .northSouth
        // A probe is answered by the relay's own kernel, so there is nothing to ask: it is never idle then.
        let ending: SessionMachine.Ending
        switch timeouts.onIdle(trafficClass) {
        case .reset: ending = .reset
        case .silent: ending = .silent
        default: return nil
        }
        return SessionMachine.Rule(
            cause: .idle(timeouts.idle(trafficClass)), ending: ending, armedAt: now,
            name: "profile \(profile.rawValue)")
    }

    /// The halves of a drain, scaled. Without a profile: of `azure`.
    package var drain: DrainTimes {
        let drain = (profile ?? .azure).drain
        return DrainTimes(
            refuse: SessionTimeouts.scale(drain.refuse, by: timeScale),
            reset: SessionTimeouts.scale(drain.reset, by: timeScale))
    }

    /// The attributes of a toxic that a client did not set.
    package func defaults(of kind: ToxicKind) -> ToxicAttributes {
        let drain = drain
        func milliseconds(_ nanoseconds: UInt64) -> Int64 { Int64((nanoseconds + 999_999) / 1_000_000) }
        func scaled(_ value: UInt64) -> Int64 { milliseconds(SessionTimeouts.scale(value * 1_000_000, by: timeScale)) }
        let timeouts = (profile ?? .azure).defaults.scaled(by: timeScale)
        switch kind {
        case .idleReset:
            return ToxicAttributes(numbers: ["timeout": milliseconds(timeouts.northSouth)])
        case .idleSilent:
            return ToxicAttributes(numbers: ["timeout": milliseconds(timeouts.eastWest)])
        case .drain:
            return ToxicAttributes(
                numbers: ["refuse": milliseconds(drain.refuse), "reset": milliseconds(drain.reset)],
                words: ["refuse_with": Refusal.reset.rawValue])
        case .maintenance:
            return ToxicAttributes(
                numbers: ["instances": 2, "drain": milliseconds(drain.refuse + drain.reset)], flags: ["surge": true])
        case .recovery:
            return ToxicAttributes(
                numbers: ["detect": scaled(5_000), "replace": scaled(10_000), "instances": 2],
                words: ["refuse_with": Refusal.hang.rawValue])
        default: return ToxicAttributes()
        }
    }
}

extension ProxyProfile {
    /// Reads one of the keys; false if it is none of them.
    mutating func read(_ key: String, _ value: WireValue) throws(RelayProblem) -> Bool {
        switch key {
        case "profile":
            let name = try value.asString("Proxy.profile")
            let known = Profile.allCases.filter { $0 != .custom }
            if name.isEmpty {
                profile = nil
                return true
            }
            guard let read = known.first(where: { $0.rawValue == name }) else {
                throw .badBody("profile must be \(known.map(\.rawValue).joined(separator: ", ")), not '\(name)'")
            }
            profile = read
        case "trafficclass":
            let name = try value.asString("Proxy.trafficClass")
            switch name {
            case "northSouth", "": isEastWest = false
            case "eastWest": isEastWest = true
            default: throw .badBody("trafficClass must be northSouth or eastWest, not '\(name)'")
            }
        case "northsouthidletimeout":
            let text = try value.asString("Proxy.northSouthIdleTimeout")
            guard let nanoseconds = DurationText.parse(text), nanoseconds > 0 else {
                throw .badBody("northSouthIdleTimeout must be a duration like 4m or 15m, not '\(text)'")
            }
            northSouthIdleTimeout = nanoseconds
        case "timescale":
            guard case .number(let digits) = value, let scale = Double(digits),
                ConfigurationLimits.timeScale.contains(scale)
            else {
                let range = ConfigurationLimits.timeScale
                throw .badBody(
                    "timeScale must be a number from \(Int(range.lowerBound)) to \(Int(range.upperBound)), not "
                        + value.text)
            }
            timeScale = scale
        default: return false
        }
        return true
    }

    /// What is wrong with the keys together; nil if nothing is.
    var problem: String? {
        guard let timeout = northSouthIdleTimeout else { return nil }
        guard let profile else { return "northSouthIdleTimeout needs a profile: add \"profile\":\"azure\"" }
        let range = profile.northSouthRange
        guard !range.contains(timeout) else { return nil }
        return
            "northSouthIdleTimeout of \(profile.rawValue) must be \(DurationText.format(nanoseconds: range.lowerBound)) to "
            + "\(DurationText.format(nanoseconds: range.upperBound)), before timeScale"
    }

    /// The keys that are set, in the order of the reference.
    var members: [WireMember] {
        var members: [WireMember] = []
        if let profile {
            members.append(WireMember(key: "profile", value: .string(profile.rawValue)))
            members.append(WireMember(key: "trafficClass", value: .string(isEastWest ? "eastWest" : "northSouth")))
        }
        if let northSouthIdleTimeout {
            members.append(
                WireMember(
                    key: "northSouthIdleTimeout",
                    value: .string(DurationText.format(nanoseconds: northSouthIdleTimeout))))
        }
        if timeScale != 1 {
            members.append(
                WireMember(
                    key: "timeScale",
                    value: .number(timeScale == timeScale.rounded() ? "\(Int(timeScale))" : "\(timeScale)")))
        }
        return members
    }
}

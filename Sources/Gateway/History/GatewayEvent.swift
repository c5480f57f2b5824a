internal import Fleet
package import Store

/// The events of a gateway in its history: the vocabulary of `sluice event list`.
///
/// ``FleetHistory`` records changes of the fleet in the same form: one word for the kind, a subject, a cause, counts.
package enum GatewayEvent: Equatable, Sendable {
    /// The gateway forwards; nothing of it was in the kernel before.
    case started(zones: Int, rules: Int, capacitySessions: Int)
    /// A controller took over what an earlier one had left in the kernel.
    case tookOver(rules: Int, predecessor: Int32?, version: String? = nil, predecessorVersion: String? = nil)
    /// A controller has left the gateway, which continues, to the next one.
    case handedOver(reason: String)
    /// A configuration was applied.
    case reloaded(file: String, changes: String, by: String)
    /// A configuration was refused; the previous one stays in force.
    case reloadRefused(reason: String, by: String)
    /// Changed rules denied sessions that they had permitted, and ended them (NSG-3).
    case policyEndedSessions(count: Int)
    /// Sessions were reset by hand (RST-5).
    case sessionsReset(asked: Int, reset: Int, by: String)
    case interfaceAttached(String, reason: String?)
    case interfaceDetached(String)
    case interfaceGone(String)
    /// A problem, as `sluice status` shows it.
    case problemBegan(subject: String, problem: String)
    case problemEnded(subject: String)
    /// How many sessions ended for each reason, since the last such event.
    case sessionsEnded([String: UInt64])
    /// The gateway was stopped; with the number of sessions that ended for each reason in its lifetime.
    case stopped(reason: String, sessionsLeft: Int, ends: [String: UInt64])

    /// The kinds of events, as the history names them.
    package enum Kind: String, CaseIterable, Sendable {
        case gatewayStarted, gatewayTookOver, gatewayHandedOver, gatewayStopped
        case configurationReloaded, configurationRefused, policyChanged
        case sessionsReset, sessionsEnded
        case interfaceAttached, interfaceDetached, interfaceGone
        case problemBegan, problemEnded
        /// About the kernel program, at the end of maintenance.
        case programReplaced, programNotReplaced
    }

    /// - Parameter time: nanoseconds since 1970.
    package func record(time: UInt64) -> HistoryEvent {
        switch self {
        case .started(let zones, let rules, let capacity):
            return make(
                time, .gatewayStarted,
                detail: ["zones": .count(zones), "rules": .count(rules), "capacitySessions": .count(capacity)])
        case .tookOver(let rules, let predecessor, let version, let predecessorVersion):
            var detail: [String: HistoryValue] = ["rules": .count(rules)]
            detail["predecessor"] = predecessor.map { .count($0) }
            detail["version"] = version.map { .text($0) }
            detail["predecessorVersion"] = predecessorVersion.map { .text($0) }
            return make(time, .gatewayTookOver, cause: "an earlier controller had ended", detail: detail)
        case .handedOver(let reason): return make(time, .gatewayHandedOver, cause: reason)
        case .reloaded(let file, let changes, let by):
            return make(
                time, .configurationReloaded, cause: "asked for",
                detail: ["file": .text(file), "changes": .text(changes), Self.by: .text(by)])
        case .reloadRefused(let reason, let by):
            return make(time, .configurationRefused, cause: reason, detail: [Self.by: .text(by)])
        case .policyEndedSessions(let count):
            return make(
                time, .policyChanged, cause: "the rules deny them now", detail: ["sessionsEnded": .count(count)])
        case .sessionsReset(let asked, let reset, let by):
            return make(
                time, .sessionsReset, cause: "asked for",
                detail: ["asked": .count(asked), "reset": .count(reset), Self.by: .text(by)])
        case .sessionsEnded(let counts):
            return make(time, .sessionsEnded, detail: counts.mapValues { .count($0) })
        case .stopped(let reason, let sessionsLeft, let ends):
            return make(
                time, .gatewayStopped, cause: reason,
                detail: ["sessionsLeft": .count(sessionsLeft), "ended": .object(ends.mapValues { .count($0) })])
        case .problemBegan(let subject, let problem): return make(time, .problemBegan, subject, cause: problem)
        case .problemEnded(let subject): return make(time, .problemEnded, subject)
        case .interfaceAttached(let name, let reason):
            return make(time, .interfaceAttached, "interface \(name)", cause: reason)
        case .interfaceDetached(let name):
            return make(time, .interfaceDetached, "interface \(name)", cause: "no zone has it any more")
        case .interfaceGone(let name): return make(time, .interfaceGone, "interface \(name)")
        }
    }

    /// The key of the detail that says who asked for an event: `root (uid 0), process 1234 sluice`, or `token admin`.
    package static let by = "by"

    /// The subject of an instance's events: `instance 3`.
    package static func subject(_ instance: UInt16) -> String { "instance \(instance)" }

    private func make(
        _ time: UInt64, _ kind: Kind, _ subject: String = "gateway", cause: String? = nil,
        detail: [String: HistoryValue] = [:]
    ) -> HistoryEvent {
        HistoryEvent(time: time, kind: kind.rawValue, subject: subject, cause: cause, detail: detail)
    }
}

/// The names of all kinds of events in a history.
package enum EventKinds {
    /// In alphabetical order.
    package static let all: [String] =
        (GatewayEvent.Kind.allCases.map(\.rawValue) + FleetChange.Kind.allCases.map(\.rawValue)
        + [HistoryEvent.gapKind]).sorted()
}

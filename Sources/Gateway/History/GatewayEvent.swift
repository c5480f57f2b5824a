internal import Fleet
package import Store

/// What happens to a gateway, as its history records it: the vocabulary of `sluice event list`.
///
/// Changes of the fleet are recorded in the same form by ``FleetHistory``: one word for what, a subject, a cause, counts.
package enum GatewayEvent: Equatable, Sendable {
    /// The gateway forwards: nothing of it was in the kernel before.
    case started(zones: Int, rules: Int, capacitySessions: Int)
    /// A controller found what an earlier one had left in the kernel, and went on with it.
    case tookOver(rules: Int, predecessor: Int32?, version: String? = nil, predecessorVersion: String? = nil)
    /// A controller has left the gateway, which goes on, to the next one.
    case handedOver(reason: String)
    /// A configuration was applied.
    case reloaded(file: String, changes: String, by: String)
    /// One was refused; what was in force stays.
    case reloadRefused(reason: String, by: String)
    /// Rules that deny what they did not deny before ended sessions (NSG-3).
    case policyEndedSessions(count: Int)
    /// Sessions were reset by hand (RST-5).
    case sessionsReset(asked: Int, reset: Int, by: String)
    case interfaceAttached(String, reason: String?)
    case interfaceDetached(String)
    case interfaceGone(String)
    /// Something is wrong, as `sluice status` says it.
    case problemBegan(subject: String, problem: String)
    case problemEnded(subject: String)
    /// How many sessions ended for which reason, since the last such event.
    case sessionsEnded([String: UInt64])
    /// The gateway was taken down; with how many sessions ended for which reason in its life.
    case stopped(reason: String, sessionsLeft: Int, ends: [String: UInt64])

    /// The words for them, as the history has them.
    package enum Kind: String, CaseIterable, Sendable {
        case gatewayStarted, gatewayTookOver, gatewayHandedOver, gatewayStopped
        case configurationReloaded, configurationRefused, policyChanged
        case sessionsReset, sessionsEnded
        case interfaceAttached, interfaceDetached, interfaceGone
        case problemBegan, problemEnded
        /// Of the kernel program, at the end of maintenance.
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

    /// The detail of an event that says who asked for what happened: `root (uid 0), process 1234 sluice`, or `token admin`.
    package static let by = "by"

    /// How events name an instance: `instance 3`.
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

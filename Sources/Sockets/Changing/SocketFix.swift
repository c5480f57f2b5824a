import CLibBPF
import Glibc
import SocketCore
import SocketLayout

/// The keep-alive to set.
package struct KeepAliveOrder: Hashable, Sendable {
    package var idleSeconds: UInt32
    package var intervalSeconds: UInt32
    package var count: UInt32
    /// Whether values that the application has set may be replaced.
    package var overridesApplication: Bool

    package init(idleSeconds: UInt32, intervalSeconds: UInt32, count: UInt32, overridesApplication: Bool = false) {
        self.idleSeconds = idleSeconds
        self.intervalSeconds = intervalSeconds
        self.count = count
        self.overridesApplication = overridesApplication
    }

    /// Whether it is fast enough for a timeout in seconds.
    package func isFastEnough(timeoutSeconds: Double) -> Bool {
        let order = layout(timeoutSeconds: timeoutSeconds)
        return KeepAliveDecision.isFastEnough(
            KeepAliveDecision.changed(SocketKeepAlive(isOn: false).layout, order), timeout: order.timeout)
    }

    func layout(timeoutSeconds: Double) -> sluice_keep_alive_order {
        sluice_keep_alive_order(
            idle: idleSeconds, interval: intervalSeconds, count: count,
            timeout: SocketJudge.wholeSeconds(timeoutSeconds), overrides: overridesApplication ? 1 : 0)
    }
}

/// What was, or would be, done with a socket.
package struct SocketChange: Hashable, Sendable {
    package enum Outcome: String, Sendable {
        /// It was closed before it was met.
        case gone
        case changed
        /// Its keep-alive is fast enough.
        case notNeeded
        /// The application has set values of its own.
        case ownValues
        /// It is being closed, or listens.
        case notConnected
        /// The kernel refused a value.
        case refused

        init(_ layout: UInt32) {
            switch sluice_change_outcome(layout) {
            case SLUICE_CHANGE_DONE: self = .changed
            case SLUICE_CHANGE_NOT_NEEDED: self = .notNeeded
            case SLUICE_CHANGE_OWN_VALUES: self = .ownValues
            case SLUICE_CHANGE_NOT_CONNECTED: self = .notConnected
            case SLUICE_CHANGE_REFUSED: self = .refused
            default: self = .gone
            }
        }

        /// For people.
        package var text: String {
            switch self {
            case .gone: "closed meanwhile"
            case .changed: "changed"
            case .notNeeded: "fast enough, not changed"
            case .ownValues: "set by the application, not changed: --override changes it"
            case .notConnected: "not connected, not changed"
            case .refused: "the kernel refused the values"
            }
        }
    }

    package var outcome: Outcome
    package var before: SocketKeepAlive
    package var after: SocketKeepAlive
}

/// Sets keep-alive in place, in sockets of running processes (RISK-2).
package enum SocketFix {
    /// A socket to change, with the idle timeout that applies to it.
    package struct Target: Hashable, Sendable {
        package var socket: TCPSocket
        package var timeoutSeconds: Double

        package init(socket: TCPSocket, timeoutSeconds: Double) {
            self.socket = socket
            self.timeoutSeconds = timeoutSeconds
        }
    }

    /// What ``apply(_:to:in:changesListeners:)`` would do, as far as it is known before.
    package static func preview(
        _ order: KeepAliveOrder, _ target: Target, changesListeners: Bool
    ) -> SocketChange? {
        guard case .exact(let keepAlive) = target.socket.keepAlive else { return nil }
        let state = UInt32(target.socket.state.rawValue)
        guard KeepAliveDecision.mayChange(state: state, changesListeners: changesListeners) else {
            return SocketChange(outcome: .notConnected, before: keepAlive, after: keepAlive)
        }
        let layout = order.layout(timeoutSeconds: target.timeoutSeconds)
        let outcome = SocketChange.Outcome(KeepAliveDecision.outcome(keepAlive.layout, layout).rawValue)
        let after =
            outcome == .changed ? SocketKeepAlive(KeepAliveDecision.changed(keepAlive.layout, layout)) : keepAlive
        return SocketChange(outcome: outcome, before: keepAlive, after: after)
    }

    /// Changes them. The kernel decides again for each socket at the moment of the change, so what an application sets
    /// meanwhile counts.
    ///
    /// - Returns: for each socket, by cookie, what was done. A socket without a cookie can't be changed.
    package static func apply(
        _ order: KeepAliveOrder, to targets: [Target], in namespaces: [SocketNamespace], changesListeners: Bool
    ) throws(SocketError) -> [UInt64: SocketChange] {
        guard !targets.isEmpty else { return [:] }
        let program = try SocketProgram(.change, changes: targets.count, for: "setting keep-alive on sockets")
        let map = program.map("sluice_changes")
        for target in targets where target.socket.cookie != 0 {
            var cookie = target.socket.cookie
            var change = sluice_socket_change()
            change.order = order.layout(timeoutSeconds: target.timeoutSeconds)
            change.changesListeners = changesListeners ? 1 : 0
            guard bpf_map_update_elem(map, &cookie, &change, UInt64(BPF_ANY)) == 0 else {
                throw .call(action: "listing the sockets to change", errorNumber: errno)
            }
        }
        let iterator = try program.iterator()
        for namespace in namespaces {
            try namespace.visit { () throws(SocketError) in try iterator.read { _ in } }
        }
        var results: [UInt64: SocketChange] = [:]
        for target in targets {
            var cookie = target.socket.cookie
            var change = sluice_socket_change()
            guard bpf_map_lookup_elem(map, &cookie, &change) == 0 else { continue }
            results[cookie] = SocketChange(
                outcome: SocketChange.Outcome(change.outcome), before: SocketKeepAlive(change.before),
                after: SocketKeepAlive(change.after))
        }
        return results
    }
}

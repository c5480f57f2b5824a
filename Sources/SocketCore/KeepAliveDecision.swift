package import SocketLayout

/// Decides whether a socket's keep-alive is changed, and to what (RISK-2). Compiled for the kernel too.
///
/// A probe can be lost, so three must fit before the timeout: idle + 3 * interval < timeout. What the application has
/// set itself is replaced only on request, and a good idle time is never changed.
package enum KeepAliveDecision {
    /// Whether the firewall sees a probe in time even if two are lost.
    @inline(__always)
    package static func isFastEnough(_ keepAlive: sluice_keep_alive, timeout: UInt32) -> Bool {
        keepAlive.isOn != 0 && UInt64(keepAlive.idle) &+ 3 &* UInt64(keepAlive.interval) < UInt64(timeout)
    }

    @inline(__always)
    package static func outcome(
        _ keepAlive: sluice_keep_alive, _ order: sluice_keep_alive_order
    ) -> sluice_change_outcome {
        if isFastEnough(keepAlive, timeout: order.timeout) { return SLUICE_CHANGE_NOT_NEEDED }
        if keepAlive.own != 0 && order.overrides == 0 { return SLUICE_CHANGE_OWN_VALUES }
        return SLUICE_CHANGE_DONE
    }

    /// What is set if ``outcome(_:_:)`` is SLUICE_CHANGE_DONE. An idle time below half the timeout stays.
    @inline(__always)
    package static func changed(
        _ keepAlive: sluice_keep_alive, _ order: sluice_keep_alive_order
    ) -> sluice_keep_alive {
        let isGood = keepAlive.isOn != 0 && keepAlive.idle < order.timeout / 2
        return sluice_keep_alive(
            idle: isGood ? keepAlive.idle : order.idle, interval: order.interval, count: order.count, isOn: 1, own: 7,
            reserved: (0, 0))
    }

    /// Whether a socket in a state can be changed: the kernel's numbers of include/net/tcp_states.h.
    @inline(__always)
    package static func mayChange(state: UInt32, changesListeners: Bool) -> Bool {
        switch state {
        case 1, 4, 5, 8: true  // established, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT
        case 10: changesListeners  // LISTEN
        default: false
        }
    }
}

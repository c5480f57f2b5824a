import SocketFunctions
import SocketLayout

/// The outcome for a socket; where it is to be changed, `chosen` receives the values to set, else what was found.
@c(sluice_decide_body)
@inline(__always)
func keepAliveChoice(
    _ raw: UnsafePointer<sluice_raw_socket>, _ order: UnsafePointer<sluice_keep_alive_order>,
    _ chosen: UnsafeMutablePointer<sluice_keep_alive>
) -> UInt32 {
    let found = KeepAliveReading.keepAlive(raw)
    let outcome = KeepAliveDecision.outcome(found, order.pointee)
    chosen.pointee =
        outcome == SLUICE_CHANGE_DONE ? KeepAliveDecision.changed(found, order.pointee) : found
    return outcome.rawValue
}

@c(sluice_may_change_body)
@inline(__always)
func keepAliveMayChange(_ state: UInt32, _ changesListeners: UInt32) -> UInt32 {
    KeepAliveDecision.mayChange(state: state, changesListeners: changesListeners != 0) ? 1 : 0
}

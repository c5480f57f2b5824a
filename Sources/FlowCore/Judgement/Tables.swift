package import FlowLayout

/// The memory and the side effects that a judgement needs. In the kernel: maps; in a process: plain memory.
package protocol Tables {
    /// The slot of a session.
    func flow(_ key: UnsafePointer<sluice_session_key>) -> sluice_flow_value?
    /// Enters a session that is filled already. Returns false where there is one already, or no room.
    func insertFlow(_ key: UnsafePointer<sluice_session_key>, slot: UInt32) -> Bool
    func removeFlow(_ key: UnsafePointer<sluice_session_key>, slot: UInt32)
    func session(_ slot: UInt32) -> UnsafeMutablePointer<sluice_session>?
    func word(_ slot: UInt32) -> UnsafeMutablePointer<UInt64>?
    /// Takes a free slot for a new session (``Steering``); nil where there is none.
    func takeSlot(for key: UnsafePointer<sluice_session_key>) -> UInt32?
    var runtime: UnsafeMutablePointer<sluice_runtime>? { get }
    /// Asks the policy. Returns false where there is none, which denies.
    func classify(_ question: UnsafeMutablePointer<sluice_classification>) -> Bool
    func fragment(_ key: UnsafePointer<sluice_fragment_key>) -> sluice_fragment_value?
    func insertFragment(_ key: UnsafePointer<sluice_fragment_key>, _ value: UnsafePointer<sluice_fragment_value>)
    func emit(_ event: UnsafeMutablePointer<sluice_event>)
    func count(_ counter: Counter)
    /// Whether a deny event may be emitted now: a flood must not fill the ring (LOG-3).
    func mayEmitDeny(now: UInt32) -> Bool
}

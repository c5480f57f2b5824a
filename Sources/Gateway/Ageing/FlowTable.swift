package import FlowLayout

/// The kernel's table from 5-tuple to slot, as far as the owner of a slot needs it.
package protocol FlowTable {
    associatedtype Failure: Error
    /// Where the session of a 5-tuple is; nil if there is none.
    func flow(_ key: sluice_session_key) -> sluice_flow_value?
    /// Takes 5-tuples out; those that are not there are passed over.
    func deleteFlows(_ keys: UnsafeBufferPointer<sluice_session_key>) throws(Failure)
}

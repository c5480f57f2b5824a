/// The sessions of one instance, counted.
package struct InstanceSessions: Equatable, Sendable {
    /// Half-open, established or closing.
    package var live = 0
    /// Of those: half-open.
    package var halfOpen = 0
    /// Sessions that were reset and rest, so that late segments are answered.
    package var tombstones = 0
    /// Closed by their ends, and resting.
    package var closed = 0
    /// Slots of its slabs, free ones included.
    package var slots = 0
    package var slabs = 0

    package init() {}

    mutating func add(_ other: InstanceSessions) {
        live += other.live
        halfOpen += other.halfOpen
        tombstones += other.tombstones
        closed += other.closed
        slots += other.slots
        slabs += other.slabs
    }
}

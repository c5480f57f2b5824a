/// What was logged about the session in a slot: 48 bytes per slot. The memory outlives the instance process, so that a
/// new process continues with the same counts and times.
package struct SlotRecord: Equatable, Sendable {
    /// Generation of the session whose begin was logged, plus one; 0: none yet.
    package var generationPlusOne: UInt32 = 0
    /// The tick of its last tuple.
    package var tick: UInt32 = 0
    /// The time in its last tuple, nanoseconds since 1970. A later tuple never has an earlier time, even if the wall
    /// clock was set back.
    package var time: UInt64 = 0
    /// The sum of the counts in its tuples so far.
    package var counters = FlowCounters()

    package init() {}

    package func hasLoggedBegin(of generation: UInt16) -> Bool { generationPlusOne == UInt32(generation) + 1 }
}

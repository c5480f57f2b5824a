/// What the log has said of the session in a slot. Lies in memory that outlives the instance process, so that a new one
/// goes on with the same counts and times: 48 bytes a slot.
package struct FlowMark: Equatable, Sendable {
    /// Generation of the session whose begin was told, plus one; 0: none yet.
    package var generationPlusOne: UInt32 = 0
    /// When its last tuple was made.
    package var tick: UInt32 = 0
    /// What its last tuple gave as its time, nanoseconds since 1970. A later tuple never has an earlier one, whatever became of
    /// the calendar's clock meanwhile.
    package var time: UInt64 = 0
    /// All that its tuples have counted so far.
    package var counters = FlowCounters()

    package init() {}

    package func tells(of generation: UInt16) -> Bool { generationPlusOne == UInt32(generation) + 1 }
}

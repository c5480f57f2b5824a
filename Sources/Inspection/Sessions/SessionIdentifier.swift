/// Identifies a session for people and scripts: its slot in hexadecimal, a hyphen, and the slot's generation in
/// decimal, as in `1a2b-7`.
///
/// It stays the same for the session's whole life. The slot's next session has another one, until the generation wraps
/// after 65,536 sessions in the same slot.
package struct SessionIdentifier: Hashable, Sendable, CustomStringConvertible {
    package let slot: UInt32
    package let generation: UInt16

    package init(slot: UInt32, generation: UInt16) {
        self.slot = slot
        self.generation = generation
    }

    /// Reads an identifier; nil if the text is not one.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2,
            let slot = UInt32(parts[0], radix: 16), let generation = UInt16(parts[1])
        else { return nil }
        self.init(slot: slot, generation: generation)
    }

    package var description: String { "\(String(slot, radix: 16))-\(generation)" }
}

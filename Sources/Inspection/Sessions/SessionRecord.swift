package import FlowCore
package import FlowLayout

/// One session, copied from the shared memory at one moment. It uses no heap memory, so that a million sessions can be
/// inspected without allocations.
package struct SessionRecord {
    package let slot: UInt32
    package let word: ControlWord
    package let session: sluice_session
    /// The instance that owns the slot's slab.
    package let instance: UInt16

    package init(slot: UInt32, word: ControlWord, session: sluice_session, instance: UInt16) {
        self.slot = slot
        self.word = word
        self.session = session
        self.instance = instance
    }

    package var identifier: SessionIdentifier { SessionIdentifier(slot: slot, generation: word.generation) }

    package var originatorIsLow: Bool { session.flags & SessionFlags.originatorIsLow != 0 }

    package var trafficClass: TrafficClass {
        session.flags & SessionFlags.eastWest != 0 ? .eastWest : .northSouth
    }

    package var direction: SessionDirection { session.flags & SessionFlags.inbound != 0 ? .inbound : .outbound }

    /// The end that opened the session.
    package var sourceAddress: sluice_address { originatorIsLow ? session.key.lowAddress : session.key.highAddress }
    package var sourcePort: UInt16 { originatorIsLow ? session.key.lowPort : session.key.highPort }

    /// The end to which it was opened.
    package var destinationAddress: sluice_address {
        originatorIsLow ? session.key.highAddress : session.key.lowAddress
    }
    package var destinationPort: UInt16 { originatorIsLow ? session.key.highPort : session.key.lowPort }
}

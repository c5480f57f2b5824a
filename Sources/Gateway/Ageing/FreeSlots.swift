package import FlowCore
internal import FlowLayout

/// The owner's side of the rings of free slots.
package struct FreeSlots {
    let table: SessionTable

    package init(table: SessionTable) { self.table = table }

    /// Free slots of the slabs of this instance.
    package var count: Int {
        var sum = 0
        for slab in 0..<table.slabCount where table.owns(slab: slab) { sum += Int(SlabRing.count(table.slabs + slab)) }
        return sum
    }

    /// Slots of the whole gateway that hold a session, or have not been released yet.
    package var occupied: Int {
        var free = 0
        for slab in 0..<table.slabCount { free += Int(SlabRing.count(table.slabs + slab)) }
        return max(0, table.slotCount - free)
    }

    /// Puts a slot into its slab's ring.
    package func push(_ slot: Int) {
        SlabRing.push(
            slot: UInt32(truncatingIfNeeded: slot), slab: table.slabs + slot >> table.slabShift,
            ring: table.freeRing, shift: UInt32(table.slabShift))
    }

    /// Marks a slab as one with free slots, for the kernel program.
    package func announce(slab: Int) {
        let word = table.slabBits + slab >> 6
        let bit: UInt64 = 1 << UInt64(slab & 63)
        if sluice_load64(word) & bit == 0 { sluice_or64(word, bit) }
    }

    /// Announces every slab of the instance that has free slots. The kernel program clears a slab's bit when it finds the ring empty. If a
    /// slot is released at the same moment, the bit may be wrong; this corrects it. It also clears the bits of slabs with another owner.
    package func announceAll() {
        for word in 0..<Int(SLUICE_MAX_SLABS) / 64 {
            var mine: UInt64 = 0
            for bit in 0..<64 where word * 64 + bit < table.slabCount && table.owns(slab: word * 64 + bit) {
                mine |= 1 << UInt64(bit)
            }
            if sluice_load64(table.slabBits + word) & ~mine != 0 { sluice_and64(table.slabBits + word, mine) }
        }
        for slab in 0..<table.slabCount where table.owns(slab: slab) && SlabRing.count(table.slabs + slab) > 0 {
            announce(slab: slab)
        }
    }

    /// Free slots that are in no ring, with their words. Either an instance that was killed between two steps leaked them, or the kernel
    /// program is taking them at the moment.
    ///
    /// Call it twice, some time apart, and push the slots that are in both results with the same word: the kernel program holds a slot
    /// only for microseconds.
    package func unlisted() -> [Int: ControlWord] { unlisted(in: (0..<table.slabCount)) }

    /// The same for those of the given slabs that this instance owns.
    func unlisted(in slabs: some Sequence<Int>) -> [Int: ControlWord] {
        var result: [Int: ControlWord] = [:]
        var listed = [Bool](repeating: false, count: table.slabSlots)
        for slab in slabs where table.owns(slab: slab) {
            for index in listed.indices { listed[index] = false }
            let slots = table.slots(ofSlab: slab)
            // Only this process moves the tail. A slot that the kernel program takes meanwhile is listed here, so it is not in the result.
            let tail = sluice_load32(&table.slabs[slab].tail)
            var position = sluice_load32(&table.slabs[slab].head)
            let mask = UInt32(table.slabSlots - 1)
            while position != tail {
                listed[Int(table.freeRing[slots.lowerBound + Int(position & mask)])] = true
                position &+= 1
            }
            for slot in slots where !listed[slot - slots.lowerBound] {
                let word = table.word(slot)
                if word.isState(.free) { result[slot] = word }
            }
        }
        return result
    }

    /// Releases the slots that ``unlisted()`` found both times.
    ///
    /// - Returns: how many slots had leaked.
    package func recover(first: [Int: ControlWord], second: [Int: ControlWord]) -> Int {
        var count = 0
        for (slot, word) in second.sorted(by: { $0.key < $1.key })
        where first[slot] == word && table.owns(slab: slot >> table.slabShift) {
            push(slot)
            announce(slab: slot >> table.slabShift)
            count += 1
        }
        return count
    }
}

internal import FlowLayout

/// How many half-open sessions a source has: an IPv4 address, or an IPv6 /64 (BAD-10).
///
/// One 64-bit word for all sources with the same keyed hash, changed by compare-and-exchange. It holds the half-open
/// sessions that began in the current epoch, and those that began in the epoch before. An epoch is longer than a
/// session can be half-open, so older sessions are over.
///
/// | bits | what |
/// |---|---|
/// | 0 ..< 24 | begun in the current epoch |
/// | 24 ..< 48 | begun in the one before |
/// | 48 ..< 64 | the current epoch's number, modulo 2^16 |
///
/// *It can't stay wrong* (BAD-8): every session that leaves is subtracted once, by the winner of the exchange of its
/// control word. If a process is killed in between, one session stays counted until its epoch is forgotten: at most two
/// epochs. A word never goes below zero, and a word that nobody changes is forgotten as a whole.
package enum SourceTally {
    private static var mask: UInt64 { 0xFF_FFFF }

    /// The number of the epoch of a tick.
    @inline(__always)
    package static func epoch(of tick: UInt32, shift: UInt32) -> UInt64 { UInt64(tick &>> (shift & 31)) & 0xFFFF }

    /// The shift of the smallest epoch that is longer than a session can be half-open. A session may be idle for the
    /// timeout after its SYN, and again after the answer.
    package static func shift(halfOpenTimeoutTicks ticks: UInt32) -> UInt32 {
        var shift: UInt32 = 8
        while shift < 31, UInt64(1) << UInt64(shift) < 2 * UInt64(ticks) + 128 { shift += 1 }
        return shift
    }

    /// Sessions that are half-open, of both epochs.
    @inline(__always)
    package static func count(_ word: UInt64, epoch: UInt64) -> UInt32 {
        let word = aged(word, epoch: epoch)
        return UInt32(truncatingIfNeeded: (word & mask) &+ (word &>> 24 & mask))
    }

    /// Adds a session that began.
    @inline(__always)
    package static func adding(_ word: UInt64, epoch: UInt64) -> UInt64 {
        let word = aged(word, epoch: epoch)
        return word & mask == mask ? word : word &+ 1
    }

    /// Removes a session that began in an epoch and is no longer half-open.
    @inline(__always)
    package static func removing(_ word: UInt64, began: UInt64, epoch: UInt64) -> UInt64 {
        let word = aged(word, epoch: epoch)
        let age = ((word &>> 48) &- began) & 0xFFFF
        if age == 0 && word & mask != 0 { return word &- 1 }
        if age == 1 && word &>> 24 & mask != 0 { return word &- (1 << 24) }
        return word
    }

    /// The word as it is in an epoch. A word of the next epoch does not change: another processor read its clock a
    /// little later.
    @inline(__always)
    private static func aged(_ word: UInt64, epoch: UInt64) -> UInt64 {
        let distance = (epoch &- (word &>> 48)) & 0xFFFF
        if distance == 0 || distance == 0xFFFF { return word }
        return epoch &<< 48 | (distance == 1 ? (word & mask) &<< 24 : 0)
    }

    // MARK: In shared memory

    /// How often a lost exchange is tried again. The winner has changed the word by one.
    private static var attempts: UInt32 { 8 }

    @inline(__always)
    package static func add(_ tally: UnsafeMutablePointer<UInt64>, epoch: UInt64) {
        var current = sluice_load64(tally)
        var remaining = attempts
        while remaining > 0 {
            remaining &-= 1
            let found = sluice_compare_exchange64(tally, current, adding(current, epoch: epoch))
            if found == current { return }
            current = found
        }
    }

    @inline(__always)
    package static func remove(_ tally: UnsafeMutablePointer<UInt64>, began: UInt64, epoch: UInt64) {
        var current = sluice_load64(tally)
        var remaining = attempts
        while remaining > 0 {
            remaining &-= 1
            let found = sluice_compare_exchange64(tally, current, removing(current, began: began, epoch: epoch))
            if found == current { return }
            current = found
        }
    }
}

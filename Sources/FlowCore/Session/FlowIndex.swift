package import FlowLayout

/// The memory of the flow index, and of the sessions that its entries refer to.
package protocol FlowIndexTables {
    var runtime: UnsafeMutablePointer<sluice_runtime>? { get }
    /// The eight entries of a bucket.
    func bucket(_ index: UInt32) -> UnsafeMutablePointer<UInt64>?
    func session(_ slot: UInt32) -> UnsafeMutablePointer<sluice_session>?
    func word(_ slot: UInt32) -> UnsafeMutablePointer<UInt64>?
}

/// From 5-tuple to slot: a hash table in shared memory, with two possible buckets for each key
/// (Azar, Broder, Karlin, Upfal: Balanced Allocations, 1994).
///
/// A bucket is a cache line of eight entries. An entry holds 32 bits of the key's hash and the slot, which holds the
/// key itself. Both buckets of a key are in one page of 4 KiB, and the second is used only when the first is more than
/// half full. So most sessions are found with one read, and a lookup without a result costs one address translation. At
/// its designed load, at most half, two full buckets for one key are rarer than one in 100,000 insertions. The session
/// is then refused as `capacity`. All entries are changed by compare-and-exchange, by the kernel on any processor and
/// by the sessions' owners. There are no locks.
package enum FlowIndex {
    /// The buckets that may hold a key.
    package struct Place {
        package let first: UInt32
        package let second: UInt32
        package let tag: UInt64

        @inline(__always)
        package init(_ key: UnsafePointer<sluice_session_key>, _ runtime: UnsafeMutablePointer<sluice_runtime>) {
            self.init(hash: KeyHash.of(key, keys: sluice_hash_keys(runtime)), runtime)
        }

        /// - Parameter hash: the hash of the key (``KeyHash``).
        @inline(__always)
        package init(hash: UInt64, _ runtime: UnsafeMutablePointer<sluice_runtime>) {
            let mask = runtime.pointee.bucketMask
            tag = hash >> 32
            first = UInt32(truncatingIfNeeded: hash) & mask
            // The second depends on the first and on the tag, and is never equal to the first.
            second = (first ^ (UInt32(truncatingIfNeeded: tag) & (FlowIndex.bucketsOfPage &- 1) | 1)) & mask
        }
    }

    /// Buckets of 64 bytes in a page of 4 KiB.
    private static var bucketsOfPage: UInt32 { 64 }

    /// From this number of entries on, the other bucket is used if it has fewer.
    private static var spareFrom: UInt64 { 5 }

    /// The largest number of entries of a bucket that share a tag: all of them. With 32 bits of hash it is nearly
    /// always one.
    private static var candidates: UInt32 { 8 }

    @inline(__always)
    private static func entry(_ tag: UInt64, _ slot: UInt32) -> UInt64 { tag << 32 | (UInt64(slot) &+ 1) }

    /// The session of a key; nil if there is none.
    @inline(__always)
    package static func findFlow<T: FlowIndexTables>(
        _ key: UnsafePointer<sluice_session_key>, _ place: Place, _ tables: T
    ) -> sluice_flow_value? {
        if let found = findFlow(key, bucket: place.first, tag: place.tag, tables) { return found }
        return findFlow(key, bucket: place.second, tag: place.tag, tables)
    }

    @inline(__always)
    private static func findFlow<T: FlowIndexTables>(
        _ key: UnsafePointer<sluice_session_key>, bucket index: UInt32, tag: UInt64, _ tables: T
    ) -> sluice_flow_value? {
        guard let bucket = tables.bucket(index) else { return nil }
        var matches = matching(bucket, tag)
        var remaining = candidates
        while matches != 0 && remaining > 0 {
            remaining &-= 1
            let way = matches.trailingZeroBitCount & 7
            matches &= matches &- 1
            let entry = sluice_load64(bucket + way)
            guard entry >> 32 == tag, entry != 0 else { continue }
            let slot = UInt32(truncatingIfNeeded: entry) &- 1
            // The word is read before the key, on every processor. A slot that gets another session meanwhile has
            // another generation, and whoever uses this answer compares the generation. The session's two cache lines
            // are fetched at the same time.
            guard let word = tables.word(slot), let early = tables.session(slot) else { continue }
            let lines = UnsafeMutableRawPointer(early).assumingMemoryBound(to: UInt64.self)
            _ = sluice_load64(lines)
            _ = sluice_load64(lines + 8)
            let control = sluice_load64(word)
            let generation = ControlWord(rawValue: control).generation
            guard let session = tables.session(sluice_after(slot, control)) else { continue }
            if isEqual(UnsafeMutableRawPointer(session).assumingMemoryBound(to: sluice_session_key.self), key) {
                return sluice_flow_value(slot: slot, generation: UInt32(generation))
            }
        }
        return nil
    }

    /// A bit for each entry whose tag matches. Arithmetic instead of branches, which would multiply the verifier's
    /// work.
    @inline(__always)
    private static func matching(_ bucket: UnsafeMutablePointer<UInt64>, _ tag: UInt64) -> UInt32 {
        var bits: UInt64 = 0
        for way in 0..<8 {
            let difference = sluice_opaque64((sluice_load64(bucket + way) >> 32) ^ tag)
            bits |= sluice_opaque64((difference &- 1) >> 63) &<< UInt64(way)
        }
        return UInt32(truncatingIfNeeded: bits)
    }

    /// Enters a session whose slot is filled. The caller has just looked up the key and found nothing. Returns false if
    /// the key has been entered meanwhile, or if both buckets are full.
    ///
    /// Two processors that enter the same key at once both look it up again afterwards. The one that sees the other's
    /// entry removes its own. So it never happens that both entries stay. It is possible that both are removed;
    /// ``Admission`` then tries once more. (The entry is written by an exchange, a full barrier. So at least one of the
    /// two sees the other's entry.)
    @inline(__always)
    package static func insertFlow<T: FlowIndexTables>(
        _ key: UnsafePointer<sluice_session_key>, slot: UInt32, _ place: Place, _ tables: T
    ) -> Bool {
        guard let first = tables.bucket(place.first), let second = tables.bucket(place.second) else { return false }
        let mine = entry(place.tag, slot)
        let empty = emptyCount(first)
        let useSecond = empty <= 8 &- spareFrom && emptyCount(second) > empty
        guard let way = put(mine, into: useSecond ? second : first) else { return false }
        guard !isElsewhere(key, slot, place.first, place.tag, tables),
            !isElsewhere(key, slot, place.second, place.tag, tables)
        else {
            _ = sluice_compare_exchange64((useSecond ? second : first) + way, mine, 0)
            return false
        }
        return true
    }

    @inline(__always)
    private static func emptyCount(_ bucket: UnsafeMutablePointer<UInt64>) -> UInt64 {
        var count: UInt64 = 0
        for way in 0..<8 { count &+= sluice_opaque64(sluice_is_zero64(sluice_load64(bucket + way))) }
        return count
    }

    @inline(__always)
    private static func put(_ entry: UInt64, into bucket: UnsafeMutablePointer<UInt64>) -> Int? {
        for way in 0..<8 where sluice_compare_exchange64(bucket + way, 0, entry) == 0 { return way }
        return nil
    }

    /// Whether the key is also entered with another slot.
    @inline(__always)
    private static func isElsewhere<T: FlowIndexTables>(
        _ key: UnsafePointer<sluice_session_key>, _ slot: UInt32, _ index: UInt32, _ tag: UInt64, _ tables: T
    ) -> Bool {
        guard let bucket = tables.bucket(index) else { return false }
        var matches = matching(bucket, tag)
        var remaining = candidates
        while matches != 0 && remaining > 0 {
            remaining &-= 1
            let way = matches.trailingZeroBitCount & 7
            matches &= matches &- 1
            let other = UInt32(truncatingIfNeeded: sluice_load64(bucket + way)) &- 1
            guard other != slot, let session = tables.session(other) else { continue }
            if isEqual(UnsafeMutableRawPointer(session).assumingMemoryBound(to: sluice_session_key.self), key) {
                return true
            }
        }
        return false
    }

    /// Removes the entry of a slot. Does nothing if there is none.
    @inline(__always)
    package static func removeFlow<T: FlowIndexTables>(slot: UInt32, _ place: Place, _ tables: T) {
        let mine = entry(place.tag, slot)
        if removeFlow(mine, bucket: place.first, tables) { return }
        _ = removeFlow(mine, bucket: place.second, tables)
    }

    @inline(__always)
    private static func removeFlow<T: FlowIndexTables>(_ entry: UInt64, bucket index: UInt32, _ tables: T) -> Bool {
        guard let bucket = tables.bucket(index) else { return false }
        for way in 0..<8
        where sluice_load64(bucket + way) == entry && sluice_compare_exchange64(bucket + way, entry, 0) == entry {
            return true
        }
        return false
    }

    @inline(__always)
    private static func isEqual(
        _ a: UnsafePointer<sluice_session_key>, _ b: UnsafePointer<sluice_session_key>
    ) -> Bool {
        let a = UnsafeRawPointer(a).assumingMemoryBound(to: UInt64.self)
        let b = UnsafeRawPointer(b).assumingMemoryBound(to: UInt64.self)
        return (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) == 0
    }
}

package import FlowLayout

/// A keyed hash of the direction-independent 5-tuple, equal in the kernel and in processes. It places sessions in the
/// flow index and steers new ones to instances (FLEET-1).
///
/// An attacker who does not know the keys can't choose sessions that collide (BAD-9), for two reasons:
/// - *No structure of the input survives.* Two sums of products (MULTILINEAR-HM: Lemire, Kaser: Strongly Universal
///   String Hashing Is Fast, 2014, section 3.1) include every 32 bits of the key, each with its own 64 secret bits. For
///   any two different session keys, however they were chosen, the probability over the secret words that both sums are
///   equal is at most 2^-64.
/// - *No structure of the sums shows.* Two rounds turn the sums into 64 bits, one to one. Each adds a secret number and
///   multiplies by a secret odd number. So it can't be computed which sessions share a bucket. And if two sessions are
///   found to share one, no others follow from that, as they would with a linear hash.
///
/// SipHash-1-3 has the stronger proof, and costs 19 ns more per packet, a tenth of a packet's time. This hash costs no
/// more than the one that it replaced, because its products don't depend on each other.
package enum KeyHash {
    /// - Parameter keys: `SLUICE_SESSION_HASH_KEYS` secret random words.
    @inline(__always)
    package static func of(_ key: UnsafePointer<sluice_session_key>, keys: UnsafePointer<UInt64>) -> UInt64 {
        let words = UnsafeRawPointer(key).assumingMemoryBound(to: UInt64.self)
        var first: UInt64 = 0
        var second: UInt64 = 0
        for index in 0..<5 {
            let word = words[index]
            let low = word & 0xFFFF_FFFF
            let high = word &>> 32
            first &+= (keys[2 &* index] &+ low) &* (keys[2 &* index &+ 1] &+ high)
            second &+= (keys[10 &+ 2 &* index] &+ low) &* (keys[11 &+ 2 &* index] &+ high)
        }
        // Only the upper halves are universal.
        var hash = (first &>> 32) | (second & 0xFFFF_FFFF_0000_0000)
        hash ^= keys[20]
        hash = (hash ^ (hash &>> 32)) &* (keys[21] | 1)
        hash ^= keys[22]
        hash = (hash ^ (hash &>> 32)) &* (keys[23] | 1)
        return hash ^ (hash &>> 32)
    }

    /// A number below 2^14 for the source of a packet: an IPv4 address, or an IPv6 /64.
    ///
    /// - Parameter keys: all `SLUICE_HASH_KEYS` secret random words.
    @inline(__always)
    package static func of(source: sluice_address, family: UInt8, keys: UnsafePointer<UInt64>) -> UInt32 {
        let word = family == 4 ? source.low : source.high
        let sum = (keys[24] &+ (word & 0xFFFF_FFFF)) &* (keys[25] &+ (word &>> 32))
        let hash = ((sum &>> 32) ^ keys[26]) &* (keys[27] | 1)
        return UInt32(truncatingIfNeeded: hash &>> 50)
    }
}

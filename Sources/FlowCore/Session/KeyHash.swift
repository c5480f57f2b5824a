package import FlowLayout

/// A hash of the direction-independent 5-tuple, alike in the kernel and in processes: it places sessions in the flow index
/// and steers new ones to instances (FLEET-1).
package enum KeyHash {
    /// 64 bits; MurmurHash3's finaliser between the key's words, as in its author's public-domain description.
    @inline(__always)
    package static func of(_ key: UnsafePointer<sluice_session_key>, seed: UInt64) -> UInt64 {
        let words = UnsafeRawPointer(key).assumingMemoryBound(to: UInt64.self)
        var hash = (words[0] ^ seed) &* 0x9E37_79B9_7F4A_7C15
        hash = rotated(hash) ^ words[1]
        hash = rotated(hash &* 0xFF51_AFD7_ED55_8CCD) ^ words[2]
        hash = rotated(hash &* 0xC4CE_B9FE_1A85_EC53) ^ words[3]
        hash = rotated(hash &* 0x9E37_79B9_7F4A_7C15) ^ words[4]
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ (hash >> 33)
    }

    @inline(__always)
    private static func rotated(_ value: UInt64) -> UInt64 { value &<< 29 | value &>> 35 }
}

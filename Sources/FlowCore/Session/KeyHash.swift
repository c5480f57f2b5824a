package import FlowLayout

/// A hash of the direction-independent 5-tuple, alike in the kernel and in processes: it steers new sessions (FLEET-1).
package enum KeyHash {
    /// MurmurHash3's 64-bit finaliser over the key's words, as in its author's public-domain description.
    @inline(__always)
    package static func of(_ key: sluice_session_key) -> UInt32 {
        let ports = UInt64(key.lowPort) | UInt64(key.highPort) << 16 | UInt64(key.protocol) << 32
        var hash = mix(key.lowAddress.high ^ (key.highAddress.high &* 0x9E37_79B9_7F4A_7C15))
        hash = mix(hash ^ key.lowAddress.low ^ (key.highAddress.low &* 0x9E37_79B9_7F4A_7C15))
        hash = mix(hash ^ ports)
        return UInt32(truncatingIfNeeded: hash)
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ (value >> 33)
    }
}

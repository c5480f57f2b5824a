/// The deterministic names that templates create: `uniqueString()` and `guid()`.
enum TemplateHash {
    /// Thirteen letters and digits from texts joined by hyphens: the cloud's 64-bit variant of MurmurHash3, in base 32
    /// (RFC 4648, lower case).
    static func uniqueString(_ texts: [String]) -> String {
        var hash = murmur(Array(texts.joined(separator: "-").utf8))
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")
        var result = ""
        for _ in 0..<13 {
            result.append(alphabet[Int(hash >> 59)])
            hash <<= 5
        }
        return result
    }

    private static func murmur(_ bytes: [UInt8]) -> UInt64 {
        let (c1, c2): (UInt32, UInt32) = (0xAB0E_9789, 0x239B_961B)
        func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }
        /// Up to four bytes, in little-endian order.
        func word(_ start: Int) -> UInt32 {
            var result: UInt32 = 0
            for index in 0..<4 where start + index < bytes.count {
                result |= UInt32(bytes[start + index]) << (8 * index)
            }
            return result
        }
        func mixFirst(_ word: UInt32) -> UInt32 { rotate(word &* c2, 15) &* c1 }
        func mixSecond(_ word: UInt32) -> UInt32 { rotate(word &* c1, 17) &* c2 }
        var (first, second): (UInt32, UInt32) = (0, 0)
        var index = 0
        while index + 7 < bytes.count {
            first = (rotate(first ^ mixFirst(word(index)), 19) &+ second) &* 5 &+ 0x561C_CD1B
            second = (rotate(second ^ mixSecond(word(index + 4)), 13) &+ first) &* 5 &+ 0x0BCA_A747
            index += 8
        }
        if index < bytes.count { first ^= mixFirst(word(index)) }
        if index + 4 < bytes.count { second ^= mixSecond(word(index + 4)) }
        func finish(_ value: UInt32) -> UInt32 {
            var value = (value ^ value >> 16) &* 0x85EB_CA6B
            value = (value ^ value >> 13) &* 0xC2B2_AE35
            return value ^ value >> 16
        }
        let length = UInt32(truncatingIfNeeded: bytes.count)
        second ^= length
        first = (first ^ length) &+ second
        second = second &+ first
        first = finish(first)
        second = finish(second)
        first = first &+ second
        second = second &+ first
        return UInt64(second) << 32 | UInt64(first)
    }

    /// A UUID of version 5 (RFC 9562, 5.5) in the cloud's namespace, from texts joined by hyphens.
    static func guid(_ texts: [String]) -> String {
        let nameSpace: [UInt8] = [
            0x11, 0xFB, 0x06, 0xFB, 0x71, 0x2D, 0x4D, 0xDD, 0x98, 0xC7, 0xE7, 0x1B, 0xBD, 0x58, 0x88, 0x30,
        ]
        var bytes = Array(sha1(nameSpace + Array(texts.joined(separator: "-").utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x50
        bytes[8] = bytes[8] & 0x3F | 0x80
        var result = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { result.append("-") }
            result += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return result
    }

    /// SHA-1 (FIPS 180-4, 6.1). For names, not for secrets.
    private static func sha1(_ message: [UInt8]) -> [UInt8] {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(message.count) * 8
        padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
        func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        for start in stride(from: 0, to: padded.count, by: 64) {
            var words = (0..<16).map { index in
                (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(padded[start + 4 * index + $1]) }
            }
            for index in 16..<80 {
                words.append(
                    rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for index in 0..<80 {
                let (function, constant): (UInt32, UInt32) =
                    switch index / 20 {
                    case 0: (b & c | ~b & d, 0x5A82_7999)
                    case 1: (b ^ c ^ d, 0x6ED9_EBA1)
                    case 2: (b & c | b & d | c & d, 0x8F1B_BCDC)
                    default: (b ^ c ^ d, 0xCA62_C1D6)
                    }
                let next = rotate(a, 5) &+ function &+ e &+ constant &+ words[index]
                (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
            }
            for (index, value) in [a, b, c, d, e].enumerated() { state[index] = state[index] &+ value }
        }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
    }
}

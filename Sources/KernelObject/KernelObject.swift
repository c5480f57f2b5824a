/// The compiled programs for the kernel: eBPF object files, as bytes for libbpf. They are decoded from the texts that the
/// build-tool plugin has written.
package enum KernelObject {
    /// The packet path.
    package static let bytes: [UInt8] = decodeBase64(CompiledKernelProgram.base64)
    /// What lists sockets and sets their keep-alive.
    package static let socketProgram: [UInt8] = decodeBase64(CompiledSocketProgram.base64)

    /// RFC 4648, section 4. The input comes from our own compile.sh, so only its end can be padding.
    private static func decodeBase64(_ text: StaticString) -> [UInt8] {
        text.withUTF8Buffer { characters in
            var result: [UInt8] = []
            result.reserveCapacity(characters.count / 4 * 3)
            var bits: UInt32 = 0
            var pending = 0
            for character in characters {
                guard let value = value(of: character) else { break }
                bits = bits << 6 | value
                pending += 6
                if pending >= 8 {
                    pending -= 8
                    result.append(UInt8(truncatingIfNeeded: bits >> UInt32(pending)))
                }
            }
            return result
        }
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

package import FlowLayout
import Glibc

/// The two kinds of IP address.
package enum AddressFamily: UInt8, Sendable, CaseIterable {
    case ipv4 = 4
    case ipv6 = 6

    /// Bits of an address.
    package var bits: Int { self == .ipv4 ? 32 : 128 }

    /// The highest address, as a number.
    package var maximum: UInt128 { self == .ipv4 ? 0xFFFF_FFFF : UInt128.max }

    /// The name in messages.
    package var name: String { self == .ipv4 ? "IPv4" : "IPv6" }
}

/// An IP address as a number of its family's width.
package struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    package var family: AddressFamily
    package var value: UInt128

    package init(family: AddressFamily, value: UInt128) {
        self.family = family
        self.value = value
    }

    /// Reads `10.1.2.3` or `2001:db8::1` (RFC 4291, 2.2); nil where it is neither.
    package init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(family: .ipv4, value: UInt128(UInt32(bigEndian: four.s_addr)))
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            let value = withUnsafeBytes(of: six) { bytes in bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
            self.init(family: .ipv6, value: value)
        } else {
            return nil
        }
    }

    /// The address in the layout shared with the kernel program: IPv4 as ::ffff:a.b.c.d.
    package var layout: sluice_address {
        switch family {
        case .ipv4: sluice_address(high: 0, low: 0xFFFF_0000_0000 | UInt64(truncatingIfNeeded: value))
        case .ipv6:
            sluice_address(high: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
        }
    }

    /// Reads an address of a family from the shared layout.
    package init(family: AddressFamily, layout: sluice_address) {
        switch family {
        case .ipv4: self.init(family: .ipv4, value: UInt128(layout.low & 0xFFFF_FFFF))
        case .ipv6: self.init(family: .ipv6, value: UInt128(layout.high) << 64 | UInt128(layout.low))
        }
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch family {
        case .ipv4:
            var four = in_addr(s_addr: UInt32(truncatingIfNeeded: value).bigEndian)
            inet_ntop(AF_INET, &four, &text, socklen_t(text.count))
        case .ipv6:
            var six = in6_addr()
            withUnsafeMutableBytes(of: &six) { bytes in
                for index in 0..<16 { bytes[index] = UInt8(truncatingIfNeeded: value >> (120 - 8 * index)) }
            }
            inet_ntop(AF_INET6, &six, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// All addresses that share their first bits: `10.1.0.0/16`. A single address has the full length.
package struct AddressPrefix: Hashable, Sendable, CustomStringConvertible {
    /// The lowest address; bits beyond ``length`` are 0.
    package let first: NetworkAddress
    /// The number of leading bits that are compared: 0 to 32 or 128.
    package let length: Int

    /// Why a text is not a prefix. The description says what to write instead.
    package enum Mistake: Error, Equatable, CustomStringConvertible {
        case notAnAddress
        case length(maximum: Int)
        case hostBits(prefix: String, single: String)
        case ipv4InIPv6(String)

        package var description: String {
            switch self {
            case .notAnAddress:
                "is not an address or prefix: write for example 10.1.0.0/16, 10.1.2.3 or 2001:db8::/32"
            case .length(let maximum): "has a prefix length that is not a number from 0 to \(maximum)"
            case .hostBits(let prefix, let single): "has bits beyond its prefix length: write \(prefix), or \(single)"
            case .ipv4InIPv6(let single): "is an IPv4 address in IPv6 form: write \(single)"
            }
        }
    }

    /// The prefix of a given length that contains an address. The host bits are cleared.
    package init(_ address: NetworkAddress, length: Int) {
        precondition((0...address.family.bits).contains(length), "prefix length \(length) of \(address)")
        let mask = length == 0 ? 0 : address.family.maximum << (address.family.bits - length) & address.family.maximum
        self.first = NetworkAddress(family: address.family, value: address.value & mask)
        self.length = length
    }

    /// Reads `10.1.0.0/16`, `10.1.2.3` or `2001:db8::/32`. Set host bits are a mistake and are not cleared: the writer
    /// may have meant the single address or the whole prefix.
    package init(parsing text: String) throws(Mistake) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let part = parts.first, let address = NetworkAddress(String(part)) else { throw .notAnAddress }
        if address.family == .ipv6, address.value >> 32 == 0xFFFF {
            let single = NetworkAddress(family: .ipv4, value: address.value & 0xFFFF_FFFF)
            throw .ipv4InIPv6(single.description)
        }
        guard parts.count == 2 else {
            self.init(address, length: address.family.bits)
            return
        }
        let digits = parts[1]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(digits), length <= address.family.bits
        else { throw .length(maximum: address.family.bits) }
        self.init(address, length: length)
        if first != address {
            throw .hostBits(prefix: description, single: "\(address)/\(address.family.bits)")
        }
    }

    package var family: AddressFamily { first.family }

    /// The highest address.
    package var last: NetworkAddress {
        let rest = length == 0 ? family.maximum : family.maximum >> length
        return NetworkAddress(family: family, value: first.value | rest)
    }

    package func contains(_ address: NetworkAddress) -> Bool {
        address.family == family && address.value >= first.value && address.value <= last.value
    }

    /// The text that is read back as the same prefix.
    package var description: String { "\(first)/\(length)" }
}

import Glibc
package import NIOCore

/// An IPv4 or IPv6 address. An IPv4 address inside IPv6 (`::ffff:10.0.0.1`, RFC 4291, 2.5.5.2) is the IPv4 address: it
/// leads to the same host, so one rule must cover both.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes, in network order.
    package let bytes: [UInt8]

    private init(bytes: [UInt8]) {
        let isMapped = bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
        self.bytes = isMapped ? [UInt8](bytes[12...]) : bytes
    }

    /// Reads the usual text forms; nil if it is none of them. A zone (`fe80::1%eth0`) is not accepted.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(bytes: withUnsafeBytes(of: four) { [UInt8]($0) })
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self.init(bytes: withUnsafeBytes(of: six) { [UInt8]($0) })
        } else {
            return nil
        }
    }

    /// The address of a socket; nil for a socket that has none.
    package init?(_ address: SocketAddress) {
        guard let text = address.ipAddress else { return nil }
        self.init(text)
    }

    package var isIPv6: Bool { bytes.count == 16 }

    /// `0.0.0.0` or `::`. Linux connects to this machine then.
    package var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    /// `127.0.0.0/8` or `::1`.
    package var isLoopback: Bool {
        isIPv6 ? bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1 : bytes[0] == 127
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: 64)
        _ = bytes.withUnsafeBytes {
            inet_ntop(isIPv6 ? AF_INET6 : AF_INET, $0.baseAddress, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A network: an address and how many of its first bits count.
package struct IPPrefix: Sendable, Hashable, CustomStringConvertible {
    package let address: IPAddress
    package let length: Int

    /// Reads `10.9.0.0/24`, or an address alone, which is one host.
    ///
    /// - Throws: ``ResumeProblem``, if bits behind the prefix are set, too: that is more often a mistake than meant.
    package static func parse(_ text: some StringProtocol) throws(ResumeProblem) -> IPPrefix {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else {
            throw ResumeProblem("'\(text)' is not an address or network: write it like 10.9.0.0/24 or 2001:db8::/32")
        }
        let most = address.bytes.count * 8
        guard parts.count == 2 else { return IPPrefix(address: address, length: most) }
        guard let length = Int(parts[1]), (0...most).contains(length), parts[1].allSatisfy(\.isNumber) else {
            throw ResumeProblem("'\(text)': the length of the prefix must be 0 to \(most)")
        }
        let prefix = IPPrefix(address: address, length: length)
        let network = prefix.network
        guard network == address else {
            throw ResumeProblem(
                "'\(text)' is an address within a network: write \(network)/\(length) for the network, or \(address) for the host"
            )
        }
        return prefix
    }

    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for index in 0..<address.bytes.count where (address.bytes[index] ^ other.bytes[index]) & mask(index) != 0 {
            return false
        }
        return true
    }

    /// The bits of a byte that count.
    private func mask(_ index: Int) -> UInt8 {
        let bits = min(max(length - index * 8, 0), 8)
        return bits == 0 ? 0 : 0xFF << (8 - bits)
    }

    private var network: IPAddress {
        let bytes = address.bytes.indices.map { address.bytes[$0] & mask($0) }
        return IPAddress(bytes.count == 4 ? IPPrefix.text(bytes) : IPPrefix.hexadecimal(bytes)) ?? address
    }

    private static func text(_ bytes: [UInt8]) -> String { bytes.map(String.init).joined(separator: ".") }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    package var description: String {
        length == address.bytes.count * 8 ? "\(address)" : "\(address)/\(length)"
    }
}

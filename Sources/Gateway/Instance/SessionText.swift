internal import FlowCore
internal import FlowLayout
import Glibc

/// A 5-tuple for people: `tcp 10.0.0.1:4711>192.0.2.1:443`.
enum SessionText {
    static func of(_ key: sluice_session_key, flags: UInt8) -> String {
        let originatorIsLow = flags & SessionFlags.originatorIsLow != 0
        let source = end(key.source(isLow: originatorIsLow), key.sourcePort(isLow: originatorIsLow), key.family)
        let destination = end(
            key.destination(sourceIsLow: originatorIsLow), key.destinationPort(sourceIsLow: originatorIsLow), key.family
        )
        return "\(protocolName(key.protocol)) \(source)>\(destination)"
    }

    private static func protocolName(_ number: UInt8) -> String {
        switch number {
        case 1, 58: "icmp"
        case 6: "tcp"
        case 17: "udp"
        default: "\(number)"
        }
    }

    private static func end(_ address: sluice_address, _ port: UInt16, _ family: UInt8) -> String {
        family == 4 ? "\(text(address, family)):\(port)" : "[\(text(address, family))]:\(port)"
    }

    private static func text(_ address: sluice_address, _ family: UInt8) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if family == 4 {
            var bytes = UInt32(truncatingIfNeeded: address.low).bigEndian
            inet_ntop(AF_INET, &bytes, &buffer, socklen_t(buffer.count))
        } else {
            var bytes = (address.high.bigEndian, address.low.bigEndian)
            inet_ntop(AF_INET6, &bytes, &buffer, socklen_t(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

import FlowCore
import FlowLayout

/// The kernel program's counters by name (OPS-1).
package enum CounterNames {
    /// Packets dropped, by the name of the reason. Every reason is included.
    package static func drops(_ counters: [UInt64]) -> [String: UInt64] {
        Dictionary(uniqueKeysWithValues: DropReason.allCases.map { ($0.name, value(counters, $0.rawValue)) })
    }

    /// Names for sums of several counters.
    package static let forwardedPackets = "forwardedPackets"
    package static let forwardedBytes = "forwardedBytes"
    package static let sessionsBegun = "sessionsBegun"

    /// The other counters, and sums of them. Every one is included.
    package static func others(_ counters: [UInt64]) -> [String: UInt64] {
        var result = Dictionary(
            uniqueKeysWithValues: Counter.allCases.map { ($0.name, value(counters, $0.rawValue)) })
        func sum(_ parts: [UInt8]) -> UInt64 { parts.reduce(0) { $0 &+ value(counters, $1) } }
        result[forwardedPackets] = sum(
            [Counter.forwardedToDestinationPackets, .forwardedToSourcePackets].map(\.rawValue))
        result[forwardedBytes] = sum([Counter.forwardedToDestinationBytes, .forwardedToSourceBytes].map(\.rawValue))
        result[sessionsBegun] = sum(SessionKind.allCases.map { Counter.begun($0) })
        return result
    }

    /// Bytes dropped, by the name of the reason. Every reason is included.
    package static func droppedBytes(_ counters: [UInt64]) -> [String: UInt64] {
        Dictionary(
            uniqueKeysWithValues: DropReason.allCases.map {
                ($0.name, value(counters, UInt8(SLUICE_DROPPED_BYTES) + $0.rawValue))
            })
    }

    private static func value(_ counters: [UInt64], _ index: UInt8) -> UInt64 {
        Int(index) < counters.count ? counters[Int(index)] : 0
    }
}

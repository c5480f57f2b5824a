import FlowCore

/// The kernel program's counters by name (OPS-1).
package enum CounterNames {
    /// Packets dropped, by the name of the reason; every reason is there.
    package static func drops(_ counters: [UInt64]) -> [String: UInt64] {
        Dictionary(uniqueKeysWithValues: DropReason.allCases.map { ($0.name, value(counters, $0.rawValue)) })
    }

    /// The other tallies; every one is there.
    package static func others(_ counters: [UInt64]) -> [String: UInt64] {
        Dictionary(uniqueKeysWithValues: Counter.allCases.map { ($0.name, value(counters, $0.rawValue)) })
    }

    private static func value(_ counters: [UInt64], _ index: UInt8) -> UInt64 {
        Int(index) < counters.count ? counters[Int(index)] : 0
    }
}

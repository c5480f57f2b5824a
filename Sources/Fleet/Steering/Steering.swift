/// Spreads new sessions over instances (FLEET-1) with a Maglev table (Eisenbud et al., Maglev: A Fast and Reliable
/// Software Network Load Balancer, NSDI 2016, 3.4). Its size is a power of two and its skips are odd, so that a mask
/// finds the entry.
package enum Steering {
    /// Entries of the table. The entry of a session is `hash & (size - 1)`.
    package static let size = 16_384

    /// Which instance takes new sessions, by entry; all 0 if none serves. The same instances always give the same
    /// table.
    package static func entries(for instances: [InstanceIdentifier]) -> [UInt8] {
        var table = [UInt8](repeating: 0, count: size)
        let instances = Set(instances).sorted()
        guard !instances.isEmpty else { return table }
        var preferences = instances.map(Preferences.init)
        var filled = 0
        while true {
            for (index, instance) in instances.enumerated() {
                var entry = preferences[index].next()
                while table[entry] != 0 { entry = preferences[index].next() }
                table[entry] = UInt8(instance)
                filled += 1
                if filled == size { return table }
            }
        }
    }

    /// The order in which an instance prefers the entries. It is a permutation, because an odd skip reaches every entry
    /// of a power of two.
    private struct Preferences {
        private var entry: Int
        private let skip: Int

        init(instance: InstanceIdentifier) {
            let hash = Preferences.mixed(UInt64(instance))
            entry = Int(hash & UInt64(size - 1))
            skip = Int((hash >> 32) & UInt64(size - 1)) | 1
        }

        mutating func next() -> Int {
            defer { entry = (entry + skip) & (size - 1) }
            return entry
        }

        /// The finaliser of SplitMix64.
        private static func mixed(_ value: UInt64) -> UInt64 {
            var value = value &* 0x9E37_79B9_7F4A_7C15
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }
}

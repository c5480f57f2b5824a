import FlowLayout

/// A number for every zone name: 1 to 63; 0 is "not one of our zones". Numbers stay the same across reloads, because
/// sessions store them.
package struct ZoneIdentities: Codable, Equatable, Sendable {
    /// Number by name.
    package private(set) var identities: [String: UInt8] = [:]

    package init() {}

    /// Assigns a number to every zone: its existing one, else one that was never assigned, else the lowest that no
    /// present zone has. Former zones keep their numbers as long as unused ones are left.
    package mutating func assign(_ names: [String]) {
        let limit = UInt8(SLUICE_MAX_ZONES) - 1
        precondition(names.count <= Int(limit), "\(names.count) zones passed validation")
        for name in names where identities[name] == nil {
            var taken = Set(identities.values)
            if taken.count == Int(limit) {
                identities = identities.filter { names.contains($0.key) }
                taken = Set(identities.values)
            }
            identities[name] = (1...limit).first { !taken.contains($0) }
        }
    }

    package func identity(of name: String) -> UInt8? { identities[name] }

    package func name(of identity: UInt8) -> String? { identities.first { $0.value == identity }?.key }
}

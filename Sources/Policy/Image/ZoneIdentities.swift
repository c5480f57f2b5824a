import FlowLayout

/// A number for every zone name, the same across reloads, because sessions carry it: 1 to 63; 0 is "not a zone of ours".
package struct ZoneIdentities: Codable, Equatable, Sendable {
    /// Number by name.
    package private(set) var identities: [String: UInt8] = [:]

    package init() {}

    /// Gives every zone a number: the one it has, or one that no zone has had, or else the lowest that no present zone has.
    /// Zones that are gone keep theirs as long as numbers last.
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

/// A number for every rule name, the same across reloads, because sessions carry it: 1 to 65535; 0 is "none".
///
/// Numbers grow; one is given to another name only when all were given once, and no session carries it.
package struct RuleIdentities: Codable, Equatable, Sendable {
    /// Number by name, of present rules and of those that were.
    package private(set) var identities: [String: UInt16] = [:]
    private var next: UInt32 = 1

    private static let limit = UInt32(UInt16.max)

    package init() {}

    /// Gives every name a number: the one it has, or a new one.
    ///
    /// `stillUsed` tells the numbers that sessions carry. It is asked only when all numbers were given; then those outside of
    /// it that are not of this policy are given again. nil: none may be.
    ///
    /// - Throws: ``PolicyError/identitiesExhausted(limit:)`` where none is left; the numbers are as before then.
    package mutating func assign(
        _ names: [String], stillUsed: (() -> Set<UInt16>)? = nil
    ) throws(PolicyError) {
        var changed = self
        var missing: [String] = []
        for name in names where changed.identities[name] == nil {
            if changed.next <= RuleIdentities.limit {
                changed.identities[name] = UInt16(changed.next)
                changed.next += 1
            } else {
                missing.append(name)
            }
        }
        if !missing.isEmpty {
            let wanted = Set(names)
            let used = stillUsed?() ?? Set(changed.identities.values)
            let reusable = changed.identities.filter { !wanted.contains($0.key) && !used.contains($0.value) }
                .sorted { $0.value < $1.value }
            guard reusable.count >= missing.count else {
                throw .identitiesExhausted(limit: Int(RuleIdentities.limit))
            }
            for (name, old) in zip(missing, reusable) {
                changed.identities[old.key] = nil
                changed.identities[name] = old.value
            }
        }
        self = changed
    }

    /// The number of a rule; nil: never assigned.
    package func identity(of name: String) -> UInt16? { identities[name] }

    /// The name of a number; nil: 0, or never assigned. Builds nothing: for many look-ups use ``names``.
    package func name(of identity: UInt16) -> String? {
        identities.first { $0.value == identity }?.key
    }

    /// Name by number.
    package var names: [UInt16: String] {
        Dictionary(identities.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    }
}

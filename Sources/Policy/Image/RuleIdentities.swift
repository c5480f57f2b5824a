/// A number for every rule name: 1 to 65535; 0 is "none". Numbers stay the same across reloads, because sessions store
/// them.
///
/// Numbers are assigned in increasing order. A number is reused only when all were assigned once and no session uses
/// it.
package struct RuleIdentities: Codable, Equatable, Sendable {
    /// Number by name, of present and former rules.
    package private(set) var identities: [String: UInt16] = [:]
    private var next: UInt32 = 1

    private static let limit = UInt32(UInt16.max)

    package init() {}

    /// Assigns a number to every name: its existing one, or a new one.
    ///
    /// `stillUsed` returns the numbers that sessions use. It is called only when all numbers were assigned. Then
    /// numbers that neither sessions nor this policy use are assigned again. If it returns nil, none is reused.
    ///
    /// - Throws: ``PolicyError/identitiesExhausted(limit:)`` if no number is free. The numbers are unchanged then.
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

    /// The number of a rule; nil if none was assigned.
    package func identity(of name: String) -> UInt16? { identities[name] }

    /// The name of a number; nil for 0, or if it was never assigned. Searches; for many lookups use ``names``.
    package func name(of identity: UInt16) -> String? {
        identities.first { $0.value == identity }?.key
    }

    /// Name by number.
    package var names: [UInt16: String] {
        Dictionary(identities.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    }
}

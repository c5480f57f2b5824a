/// Why a valid configuration can't become the running policy.
package enum PolicyError: Error, Equatable, CustomStringConvertible {
    /// More treatments than the kernel's treatment table has entries, including those that sessions still use.
    case treatmentsExhausted(limit: Int)
    /// More rule names than identities, including those that sessions still use.
    case identitiesExhausted(limit: Int)
    case tooManyRules(list: String, count: Int, limit: Int)
    /// The addresses or ports of a side split into more intervals than the image can hold.
    case tooManyIntervals(field: String, count: Int, limit: Int)
    /// All rule sets together need more memory than the image has.
    case imageFull(list: String, limit: Int)

    package var description: String {
        switch self {
        case .treatmentsExhausted(let limit):
            """
            rules: more than \(limit) different combinations of idleTimeout and onIdle are in use, by rules or by live \
            sessions: give rules the same idleTimeout, or try again when old sessions have ended
            """
        case .identitiesExhausted(let limit):
            """
            rules: more than \(limit) rule names are in use, by rules or by live sessions: keep the names of rules that \
            stay, or try again when old sessions have ended
            """
        case .tooManyRules(let list, let count, let limit):
            "\(list): \(count) rules are more than \(limit): merge rules that differ only in addresses or ports"
        case .tooManyIntervals(let field, let count, let limit):
            "\(field) splits into \(count) intervals, more than \(limit): use fewer, larger prefixes or port ranges"
        case .imageFull(let list, let limit):
            """
            \(list): with these, all rules and groups together need more than \(limit >> 20) MiB: use fewer, larger prefixes or \
            port ranges, or give fewer zones groups of their own
            """
        }
    }
}

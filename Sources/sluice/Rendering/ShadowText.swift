/// Why a rule can never match, in words.
enum ShadowText {
    /// Names beyond these are counted; `--json` has all.
    private static let namesTold = 8

    static let noAddress = "it names no address, or only IPv4 on one side and only IPv6 on the other"

    /// `a`; `a and b`; `a, b and c`; and of very many the first ones.
    static func names(_ names: [String]) -> String {
        var told = Array(names.prefix(namesTold))
        let more = names.count - told.count
        if more > 0 { told.append(HumanText.count(more, of: "other rule")) }
        guard told.count > 1, let last = told.popLast() else { return told.joined() }
        return "\(told.joined(separator: ", ")) and \(last)"
    }
}

/// The guard as nftables text.
enum GuardRules {
    private static let interfaceSet = "zone_interfaces"
    /// SLUICE_ALLOWED_STAMP of FlowLayout.h: the first six bytes of the link header of packets that the datapath has
    /// allowed.
    package static let stamp = "0x5251c1cea110"
    private static let drops = ["iifname @\(interfaceSet)", "oifname @\(interfaceSet)"]

    /// One transaction that replaces any table of this name.
    static func text(table: String, interfaces: [String]) throws(KernelError) -> String {
        for interface in interfaces { try check(interface) }
        let names = interfaces.map { "\"\($0)\"" }.joined(separator: ", ")
        let elements = names.isEmpty ? "" : "elements = { \(names) }"
        return """
            add table inet \(table)
            delete table inet \(table)
            table inet \(table) {
                set \(interfaceSet) {
                    type ifname
                    \(elements)
                }
                chain forward {
                    type filter hook forward priority filter - 10; policy accept;
                    @ll,0,48 \(stamp) iifname @\(interfaceSet) oifname @\(interfaceSet) accept
                    \(drops[0]) counter drop
                    \(drops[1]) counter drop
                }
            }

            """
    }

    /// Whether a listing of the table contains the rules of ``text(table:interfaces:)``.
    static func isListed(in listing: String, interfaces: [String]) -> Bool {
        let lines = listing.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" } }
        let listed = Set(
            listing.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) })
        return listed == Set(interfaces)
            && lines.contains { $0.hasPrefix("type filter hook forward ") }
            && drops.allSatisfy { drop in lines.contains { $0.hasPrefix(drop) && $0.hasSuffix(" drop") } }
            && lines.filter { $0.hasSuffix("accept") }.count == 1
    }

    /// nftables reads `*` in an interface's name as a wildcard, and can't express a quote.
    private static func check(_ interface: String) throws(KernelError) {
        guard !interface.isEmpty, !interface.utf8.contains(where: { $0 <= 32 || "\"*\\".utf8.contains($0) }) else {
            throw .invalidName(
                what: "interface", name: interface,
                reason: "nftables cannot name it: rename it with 'ip link set ... name'")
        }
    }
}

import Lab

/// Drops packets at one host of the lab, behind the firewall. It is an nftables rule on that host, which the firewall
/// does not see.
struct Obstacle {
    /// The place in the host's stack.
    enum Hook: String {
        /// Packets that the host receives. tcpdump on the host still sees them.
        case input
        /// Packets that the host sends. No capture sees them.
        case output
    }

    private let lab: Lab
    private let place: LabPlace
    private let table: String

    /// Adds an obstacle: `rule` is an nftables match, and packets that match are dropped.
    static func put(
        in lab: Lab, at place: LabPlace, _ hook: Hook, _ rule: String, name: String = "obstacle"
    ) async throws -> Obstacle {
        let script = """
            table inet \(name) { chain way { type filter hook \(hook.rawValue) priority 0; policy accept; \(rule) counter drop; }; }
            """
        try await lab.execute(in: place, ["nft", script]).required()
        return Obstacle(lab: lab, place: place, table: name)
    }

    /// How many packets it has dropped.
    func stopped() async throws -> Int {
        let text = try await lab.execute(in: place, ["nft", "list", "table", "inet", table]).required().output
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let index = words.firstIndex(of: "packets"), index + 1 < words.count else { return 0 }
        return Int(words[index + 1]) ?? 0
    }

    func remove() async throws {
        try await lab.execute(in: place, ["nft", "delete", "table", "inet", table]).required()
    }
}

/// Not a reset. An obstacle with this in its match lets the firewall's resets through.
let noReset = "tcp flags & rst == 0"
/// Segments that carry the RST flag.
let isReset = "tcp flags & rst == rst"

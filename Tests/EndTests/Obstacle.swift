import Lab

/// Something in the way at one host of the lab, behind the firewall: an nftables rule of its own, which the firewall knows
/// nothing of.
struct Obstacle {
    /// Where in the host's stack.
    enum Hook: String {
        /// What the host receives. tcpdump on the host still sees it.
        case input
        /// What the host sends. Nobody sees it.
        case output
    }

    private let lab: Lab
    private let place: LabPlace
    private let table: String

    /// Puts an obstacle up: `rule` is an nftables match, and what it matches is dropped.
    static func put(
        in lab: Lab, at place: LabPlace, _ hook: Hook, _ rule: String, name: String = "obstacle"
    ) async throws -> Obstacle {
        let script = """
            table inet \(name) { chain way { type filter hook \(hook.rawValue) priority 0; policy accept; \(rule) counter drop; }; }
            """
        try await lab.execute(in: place, ["nft", script]).required()
        return Obstacle(lab: lab, place: place, table: name)
    }

    /// How many packets it has stopped.
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

/// Not a reset: what an obstacle matches that is to let the firewall's resets through.
let noReset = "tcp flags & rst == 0"
/// Segments that carry the RST flag.
let isReset = "tcp flags & rst == rst"

import Lab

/// Counts the RSTs that arrive, with tcpdump at all hosts of the lab. It confirms what the ends report.
final class ResetWatch: Sendable {
    private let captures: [PacketCapture]

    private init(captures: [PacketCapture]) {
        self.captures = captures
    }

    /// RST over IPv4 and IPv6.
    private static let filter = "(tcp[tcpflags] & tcp-rst != 0) or (ip6[6] == 6 and ip6[53] & 4 != 0)"

    static func begin(in lab: Lab) async throws -> ResetWatch? {
        guard Executable.find("tcpdump") != nil else { return nil }
        var captures: [PacketCapture] = []
        for zone in LabZone.allCases {
            captures.append(
                try await lab.capture(in: .zone(zone), filter: filter, options: ["--direction=in"]))
        }
        return ResetWatch(captures: captures)
    }

    /// When each RST so far arrived, in seconds since 1970, the earliest first.
    var times: [Double] {
        captures.flatMap(\.packets).compactMap { line in line.split(separator: " ").first.flatMap { Double($0) } }
            .sorted()
    }

    /// Ends the capture, and returns ``times``.
    @discardableResult
    func stop() async -> [Double] {
        for capture in captures { await capture.stop() }
        return times
    }
}

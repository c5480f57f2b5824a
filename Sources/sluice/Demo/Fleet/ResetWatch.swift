import Lab

/// tcpdump at all hosts of the lab, counting the resets that arrive: so that nobody has to believe the ends.
final class ResetWatch: Sendable {
    private let captures: [PacketCapture]

    private init(captures: [PacketCapture]) {
        self.captures = captures
    }

    /// RST over IPv4 and IPv6.
    private static let filter = "(tcp[tcpflags] & tcp-rst != 0) or (ip6[6] == 6 and ip6[53] & 4 != 0)"

    /// Of each reset its headers, in bytes: in immediate mode the kernel keeps room for so much of every packet that tcpdump has not
    /// read yet, and with room for whole packets there is too little for the hundreds that a drain sends at once.
    private static let length = 192

    static func begin(in lab: Lab) async throws -> ResetWatch? {
        guard Executable.find("tcpdump") != nil else { return nil }
        var captures: [PacketCapture] = []
        for zone in LabZone.allCases {
            let options = ["--direction=in", "--snapshot-length=\(length)"]
            captures.append(try await lab.capture(in: .zone(zone), filter: filter, options: options))
        }
        return ResetWatch(captures: captures)
    }

    /// When each reset seen so far arrived, in seconds since 1970, the earliest first.
    var times: [Double] {
        captures.flatMap(\.packets).compactMap { line in line.split(separator: " ").first.flatMap { Double($0) } }
            .sorted()
    }

    /// Ends it, and returns ``times``.
    @discardableResult
    func stop() async -> [Double] {
        for capture in captures { await capture.stop() }
        return times
    }
}

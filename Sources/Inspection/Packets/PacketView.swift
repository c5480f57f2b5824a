/// A watched packet and its verdict, as commands show it and programs read it (LOOK-1, LOOK-2). The property names are
/// those of the JSON. Fields that do not apply are omitted.
package struct PacketView: Codable, Equatable, Sendable {
    /// RFC 3339, UTC.
    package var time: String
    /// The ingress interface.
    package var interface: String
    /// The zone of that interface.
    package var zone: String
    /// A name like `tcp`, or the number. If it is not an IP packet: `arp`, or an EtherType like `0x88cc`.
    package var `protocol`: String
    /// The packet's own source and destination, also for an ICMP error. For echo the port is the identifier.
    package var source: SessionView.Endpoint?
    package var destination: SessionView.Endpoint?
    /// For example `SYN ACK`.
    package var tcpFlags: String?
    package var sequence: UInt32?
    package var acknowledgment: UInt32?
    package var icmpType: UInt8?
    package var icmpCode: UInt8?
    /// For a fragment: its offset in bytes.
    package var fragmentOffset: Int?
    /// The packet that an ICMP error quotes, as in `tcp 10.1.0.10:40000 > 203.0.113.10:443`.
    package var quoted: String?
    /// Bytes including the link header. If the machine has joined several packets (GRO), of all of them.
    package var length: UInt32
    /// `forward`, `drop`, `answerReset` (dropped, and answered with a reset), `host` (to the gateway itself), or `unroutable` (the
    /// kernel reports to the sender that there is no route).
    package var verdict: String
    /// Why it was dropped (OPS-1).
    package var reason: String?
    /// The deciding rule: that of its session, or the one that denied it. `default`: no rule matched, so it is denied.
    package var rule: String?
    /// See ``SessionIdentifier``.
    package var session: String?
    /// Whether the kernel's own forwarding carries it.
    package var slowly: Bool?
    /// Matching packets since the previous one shown that were left out because there was no room for them.
    package var omitted: UInt64?
}

extension PacketView {
    /// Verdict, reason, session and rule on one line: `forward, session 1a-7, rule web`; `dropped: outOfWindow, session
    /// 1a-7, rule web`.
    package var story: String {
        var words: [String]
        switch (verdict, reason) {
        case ("drop", let reason?): words = ["dropped: \(reason)"]
        case ("answerReset", let reason?): words = ["dropped: \(reason), answered with a reset"]
        default: words = ["verdict \(verdict)\(slowly == true ? " (by the kernel's own forwarding)" : "")"]
        }
        if let session { words.append("session \(session)") }
        if let rule { words.append("rule \(rule)") }
        return words.joined(separator: ", ")
    }
}

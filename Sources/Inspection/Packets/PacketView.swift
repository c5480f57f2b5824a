/// A packet that was watched, and what became of it, as commands show it and programs read it (LOOK-1, LOOK-2). The property names are the
/// JSON's; what does not apply is left out.
package struct PacketView: Codable, Equatable, Sendable {
    /// RFC 3339, UTC.
    package var time: String
    /// By which it came in.
    package var interface: String
    /// Of that interface.
    package var zone: String
    /// A name like `tcp`, or the number; `arp`, or an EtherType like `0x88cc`, where it is no IP packet.
    package var `protocol`: String
    /// The packet's own source and destination, also of an ICMP error. Echo: the port is the identifier.
    package var source: SessionView.Endpoint?
    package var destination: SessionView.Endpoint?
    /// As in `SYN ACK`.
    package var tcpFlags: String?
    package var sequence: UInt32?
    package var acknowledgment: UInt32?
    package var icmpType: UInt8?
    package var icmpCode: UInt8?
    /// Bytes, of a fragment.
    package var fragmentOffset: Int?
    /// What an ICMP error is about, as in `tcp 10.1.0.10:40000 > 203.0.113.10:443`.
    package var quoted: String?
    /// Bytes, from the link header on, of the whole super-packet where the machine has joined several.
    package var length: UInt32
    /// `forward`, `drop`, `answerReset` (dropped, and answered with a reset), `host` (to the gateway itself), or `unroutable` (the
    /// kernel reports to the sender that there is no route).
    package var verdict: String
    /// Why it was dropped (OPS-1).
    package var reason: String?
    /// The rule that decided: of its session, or that denied it; `default`: none matched, and what no rule allows is denied.
    package var rule: String?
    /// ``SessionIdentifier``.
    package var session: String?
    /// Whether the kernel's own forwarding does it.
    package var slowly: Bool?
    /// Packets that were meant, came since the last one that is shown, and are left out: there was no room for them.
    package var omitted: UInt64?
}

extension PacketView {
    /// Verdict, reason, session and rule in a line: `forward, session 1a-7, rule web`; `dropped: outOfWindow, session 1a-7, rule web`.
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

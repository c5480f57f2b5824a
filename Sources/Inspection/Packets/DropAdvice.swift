package import FlowCore

/// What a reason of drops means, and what to do next.
package struct DropAdvice: Sendable {
    package var meaning: String
    package var next: String

    package static func of(_ reason: DropReason) -> DropAdvice {
        let (meaning, next) = texts(reason)
        return DropAdvice(meaning: meaning, next: next)
    }

    private static func texts(_ reason: DropReason) -> (String, String) {
        switch reason {
        case .malformed:
            (
                "Shorter than its headers say, contradictory, or with a wrong IPv4 header checksum.",
                "look at the bytes: sluice capture --reason malformed --write FILE"
            )
        case .unsupported:
            (
                "Multicast, link-local, source routing, or ICMP that belongs to no session: not forwarded.",
                "nothing, unless an application needs it: then it must be on one network"
            )
        case .fragment:
            (
                "A later fragment whose first one was not seen, or not allowed.",
                "look for drops of the first one: sluice drop watch --source ADDRESS"
            )
        case .noSession:
            (
                "A TCP segment or ICMP error of no session: an idle session expired, or one end still speaks after its end.",
                "compare idle times with the timeout: sluice event list; have the application keep alive"
            )
        case .denied:
            (
                "A rule denies it, or no rule allows it.",
                "sluice policy explain with the 5-tuple; add a rule if it is to pass"
            )
        case .capacity:
            (
                "The session table, or the half-open sessions' share of it, is full.",
                "sluice status; sluice session list --state synSent; raise the capacity"
            )
        case .invalidReset:
            (
                "A RST outside the window: late, or forged.",
                "nothing for a few; many for one session are an attack: sluice drop watch --reason invalidReset"
            )
        case .outOfWindow:
            (
                "A segment outside the window that its receiver announced: late, forged, or another router changes the sequence.",
                "sluice session trace ID; look for a second path that carries one direction only"
            )
        case .invalidFlags:
            ("TCP flags that no TCP sends: a scan.", "block the source: sluice drop watch --reason invalidFlags")
        case .tombstone:
            (
                "A segment of a session that the firewall has reset: it was answered with another RST.",
                "nothing: the end learns that its session is over"
            )
        case .wrongZone:
            (
                "It came in by a zone where its source does not live: forged, or routes of the two ways differ.",
                "check the routes back to its source: ip route get ADDRESS"
            )
        case .noRoute:
            ("The way out leads to no zone of this gateway.", "check the routes: ip route get ADDRESS")
        case .hostDenied:
            (
                "It is for the gateway itself, or there is no route for it, and no host rule allows it.",
                "add a host rule if it is to pass; check the routes: ip route get ADDRESS"
            )
        case .sessionEnding:
            ("A SYN whose 5-tuple was just being released.", "nothing: its retransmission passes")
        case .limited:
            (
                "Its source has as many half-open sessions as one may have.",
                "sluice session list --state synSent --source ADDRESS: a scan, or a server that is down"
            )
        }
    }
}

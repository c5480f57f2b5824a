internal import FlowCore
internal import FlowLayout
import Glibc

/// Logs the ends of sessions at debug level.
struct LogJournal: SessionJournal {
    let log: Log

    func ended(_ session: sluice_session, slot: Int, reason: EndReason) {
        guard log.threshold == .debug else { return }
        log.debug(
            "session ended",
            [
                "reason": reason.name, "slot": "\(slot)", "session": SessionText.of(session.key, flags: session.flags),
                "rule": "\(session.rule)",
                "packets": "\(session.originator.packets)/\(session.responder.packets)",
                "bytes": "\(session.originator.bytes)/\(session.responder.bytes)",
            ])
    }
}

/// Logs the events of the kernel program at debug level.
struct EventConsumption {
    let log: Log

    func take(_ event: sluice_event) {
        guard log.threshold == .debug else { return }
        switch EventKind(rawValue: event.kind) {
        case .begin: report(event, "session began", reason: nil)
        case .deny: report(event, "session denied", reason: DropReason(rawValue: event.reason)?.name)
        case nil: log.warning("unknown event", ["kind": "\(event.kind)"])
        }
    }

    private func report(_ event: sluice_event, _ message: String, reason: String?) {
        log.debug(
            message,
            [
                "reason": reason ?? "none", "slot": "\(event.slot)",
                "session": SessionText.of(event.key, flags: event.flags), "rule": "\(event.rule)",
                "zones": "\(event.sourceZone)>\(event.destinationZone)",
            ])
    }
}

/// A 5-tuple for people: `tcp 10.0.0.1:4711>192.0.2.1:443`.
enum SessionText {
    static func of(_ key: sluice_session_key, flags: UInt8) -> String {
        let originatorIsLow = flags & SessionFlags.originatorIsLow != 0
        let source = end(key.source(isLow: originatorIsLow), key.sourcePort(isLow: originatorIsLow), key.family)
        let destination = end(
            key.destination(sourceIsLow: originatorIsLow), key.destinationPort(sourceIsLow: originatorIsLow), key.family
        )
        return "\(protocolName(key.protocol)) \(source)>\(destination)"
    }

    private static func protocolName(_ number: UInt8) -> String {
        switch number {
        case 1, 58: "icmp"
        case 6: "tcp"
        case 17: "udp"
        default: "\(number)"
        }
    }

    private static func end(_ address: sluice_address, _ port: UInt16, _ family: UInt8) -> String {
        family == 4 ? "\(text(address, family)):\(port)" : "[\(text(address, family))]:\(port)"
    }

    private static func text(_ address: sluice_address, _ family: UInt8) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if family == 4 {
            var bytes = UInt32(truncatingIfNeeded: address.low).bigEndian
            inet_ntop(AF_INET, &bytes, &buffer, socklen_t(buffer.count))
        } else {
            var bytes = (address.high.bigEndian, address.low.bigEndian)
            inet_ntop(AF_INET6, &bytes, &buffer, socklen_t(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

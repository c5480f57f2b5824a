internal import FlowCore
internal import FlowLayout

/// Tells ends of sessions to the log, at debug level.
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

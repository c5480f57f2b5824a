internal import FlowCore
internal import FlowLayout

/// Tells what the kernel program tells in the instance's own log, at debug level.
struct EventConsumption {
    let log: Log

    func take(_ event: sluice_event) {
        guard log.threshold == .debug else { return }
        switch EventKind(rawValue: event.kind) {
        case .begin: tell(event, "session began", reason: nil)
        case .deny: tell(event, "session denied", reason: DropReason(rawValue: event.reason)?.name)
        case nil: log.warning("unknown event", ["kind": "\(event.kind)"])
        }
    }

    private func tell(_ event: sluice_event, _ message: String, reason: String?) {
        log.debug(
            message,
            [
                "reason": reason ?? "none", "slot": "\(event.slot)",
                "session": SessionText.of(event.key, flags: event.flags), "rule": "\(event.rule)",
                "zones": "\(event.sourceZone)>\(event.destinationZone)",
            ])
    }
}

internal import FlowCore
internal import FlowLayout

/// Takes what the kernel program tells: counts it in the instance's record, and logs it at debug level.
struct EventConsumption {
    let record: UnsafeMutablePointer<sluice_instance>
    let log: Log

    func take(_ event: sluice_event) {
        switch EventKind(rawValue: event.kind) {
        case .begin:
            record.pointee.begins &+= 1
            tell(event, "session began", reason: nil)
        case .end:
            record.pointee.ends &+= 1
            tell(event, "session ended", reason: EndReason(rawValue: event.reason)?.name)
        case .deny:
            record.pointee.denies &+= 1
            tell(event, "session denied", reason: DropReason(rawValue: event.reason)?.name)
        case nil:
            log.warning("unknown event", ["kind": "\(event.kind)"])
        }
    }

    private func tell(_ event: sluice_event, _ message: String, reason: String?) {
        guard log.threshold == .debug else { return }
        log.debug(
            message,
            [
                "reason": reason ?? "none", "slot": "\(event.slot)",
                "session": SessionText.of(event.key, flags: event.flags), "rule": "\(event.rule)",
                "zones": "\(event.sourceZone)>\(event.destinationZone)",
            ])
    }
}

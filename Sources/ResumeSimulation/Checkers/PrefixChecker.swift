/// Compares what an application sees with what the other one did.
enum PrefixChecker {
    /// The application takes bytes.
    static func takes(
        _ bytes: ArraySlice<UInt8>, _ application: VirtualApplication, _ peer: VirtualApplication?
    ) -> String? {
        guard let peer else { return "receives bytes, but there is no other application" }
        if application.gotFinish { return "receives bytes after a FIN" }
        for byte in bytes {
            guard application.received < peer.sent else {
                return "received more than the \(peer.sent) bytes that were sent"
            }
            guard byte == VirtualApplication.byte(peer.key, application.received) else {
                return "byte \(application.received) is not the one that was sent"
            }
            application.received += 1
        }
        return nil
    }

    /// The application sees a FIN.
    static func finishes(_ application: VirtualApplication, _ peer: VirtualApplication?) -> String? {
        guard let peer, peer.hasFinished else { return "sees a FIN that was not sent" }
        if application.gotFinish { return "sees a second FIN" }
        guard application.received == peer.sent else {
            return "sees a FIN after \(application.received) of \(peer.sent) bytes"
        }
        application.gotFinish = true
        return nil
    }

    /// The application sees a RST of the other application.
    ///
    /// - Parameter isForced: It did not take the data before it in time.
    static func isReset(_ application: VirtualApplication, _ peer: VirtualApplication?, isForced: Bool) -> String? {
        guard let peer, peer.hasReset else { return "sees a RST that was not sent" }
        guard isForced || application.received == peer.sent else {
            return "sees a RST after \(application.received) of \(peer.sent) bytes"
        }
        guard isForced || !peer.hasFinished || application.gotFinish else { return "sees a RST before a FIN" }
        application.gotReset = true
        return nil
    }
}

/// Why a session ended.
package enum EndReason: UInt8, Sendable, CaseIterable {
    /// The session has not ended.
    case none = 0
    /// Both FINs were acknowledged.
    case fin = 1
    /// One end sent an RST.
    case reset = 2
    /// Idle for its class's timeout; both ends received an RST.
    case idleReset = 3
    /// Idle for its class's timeout; nothing was sent.
    case idleSilent = 4
    /// The handshake was not completed in time.
    case halfOpenTimeout = 5
    /// A FIN was not answered in time.
    case closingTimeout = 6
    /// An operator or a program reset it (RST-5).
    case operatorReset = 7
    /// An end did not answer the firewall's probe (IDLE-5).
    case probeFailed = 8
    /// A rule denies it after a change of policy (NSG-3).
    case policy = 9
    /// Its instance drained (DRAIN-2).
    case drain = 10
    /// Its instance drained, and the session was dropped without a RST at the end (DRAIN-3, DRAIN-4).
    case drained = 11
    /// Its instance was lost, and with this profile its sessions are lost too (RECOV-2).
    case instanceLost = 12
    /// The gateway was taken down.
    case gatewayStopped = 13

    /// The name in tables, JSON and logs.
    package var name: String { "\(self)" }
}

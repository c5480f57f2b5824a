package import FlowLayout

/// The memory and the side effects that a judgement needs. In the kernel these are maps, in a process plain memory.
package protocol Tables {
    /// The slot of a session.
    func findFlow(_ key: UnsafePointer<sluice_session_key>) -> sluice_flow_value?
    /// Enters a session whose slot is filled. Returns false if the key has a session already, or if there is no room.
    ///
    /// - Parameter hash: of the key.
    func insertFlow(_ key: UnsafePointer<sluice_session_key>, hash: UInt64, slot: UInt32) -> Bool
    func removeFlow(_ key: UnsafePointer<sluice_session_key>, slot: UInt32)
    func session(_ slot: UInt32) -> UnsafeMutablePointer<sluice_session>?
    func word(_ slot: UInt32) -> UnsafeMutablePointer<UInt64>?
    /// ``KeyHash``.
    func keyHash(of key: UnsafePointer<sluice_session_key>) -> UInt64
    /// Takes a free slot for a new session with a key of this hash (``SessionSteering``); nil if there is none.
    func takeSlot(hash: UInt64) -> UInt32?
    var runtime: UnsafeMutablePointer<sluice_runtime>? { get }
    /// ``HalfOpenSessions/askHalfOpen(_:now:_:)``, ``HalfOpenSessions/noteHalfOpenBegan(slot:source:now:_:)`` and
    /// ``HalfOpenSessions/noteHalfOpenLeft(_:slot:now:_:)``, which the kernel's verifier checks separately.
    func askHalfOpen(_ packet: UnsafePointer<sluice_packet>, now: UInt32) -> HalfOpenSessions.Answer
    func noteHalfOpenBegan(slot: UInt32, source: UInt32, now: UInt32)
    func noteHalfOpenLeft(_ session: UnsafePointer<sluice_session>, slot: UInt32, now: UInt32)
    /// Asks the policy. Returns false if there is none, which denies.
    func classify(_ question: UnsafeMutablePointer<sluice_classification>) -> Bool
    func fragment(_ key: UnsafePointer<sluice_fragment_key>) -> sluice_fragment_value?
    func insertFragment(_ key: UnsafePointer<sluice_fragment_key>, _ value: UnsafePointer<sluice_fragment_value>)
    /// Records the first fragment of a datagram after it was forwarded (``FragmentTracking``).
    func rememberFragment(
        _ packet: UnsafePointer<sluice_packet>, _ flow: sluice_flow_value, isOriginator: Bool, now: UInt32)
    /// Judges a later fragment, or an error that quotes one (``FragmentTracking``).
    func followFragment(_ packet: UnsafeMutablePointer<sluice_packet>, now: UInt32) -> Verdict
    /// Reports a session that begins, or one that is denied (``SessionEvent``).
    func emitEvent(
        _ kind: EventKind, reason: UInt8, _ packet: UnsafePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>,
        _ question: UnsafeMutablePointer<sluice_classification>, _ flow: sluice_flow_value)
    /// The attempt that ``HandshakeAttempts`` has stored.
    func attempt(_ key: UnsafePointer<sluice_attempt_key>) -> UnsafeMutablePointer<sluice_attempt>?
    func insertAttempt(_ key: UnsafePointer<sluice_attempt_key>, _ value: UnsafePointer<sluice_attempt>)
    /// ``HandshakeAttempts/reviewHandshake(_:slot:_:now:_:)``. The kernel program has one function of its own for it.
    func reviewHandshake(
        _ packet: UnsafePointer<sluice_packet>, slot: UInt32, _ word: ControlWord, now: UInt32
    ) -> HandshakeAttempts.Outcome
    /// The memory for a session's time stamps; nil if there is no room.
    func timestamps(_ slot: UInt32) -> UnsafeMutablePointer<sluice_timestamps>?
    /// How a treatment's sessions end (``OnIdle``).
    func onIdle(_ treatment: UInt16) -> UInt8
    /// Counts a session that began (``Counter/begun(_:)``).
    func countBegun(_ kind: SessionKind)
    /// Whether a deny event may be emitted now: a flood must not fill the ring (LOG-3).
    func mayEmitDeny(now: UInt32) -> Bool
}

// In the kernel program these are separate functions: what they keep on the stack must not be there for every packet.
extension Tables {
    @inline(__always)
    package func rememberFragment(
        _ packet: UnsafePointer<sluice_packet>, _ flow: sluice_flow_value, isOriginator: Bool, now: UInt32
    ) {
        FragmentTracking.rememberFragment(packet, flow, isOriginator, now, self)
    }

    @inline(__always)
    package func followFragment(_ packet: UnsafeMutablePointer<sluice_packet>, now: UInt32) -> Verdict {
        FragmentTracking.followFragment(packet, now: now, self)
    }
}

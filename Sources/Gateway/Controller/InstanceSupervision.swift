/// Decides when the process of an instance is started, and when it is killed because it does not answer. Pure: what is
/// seen, and the time, come in.
package struct InstanceSupervision: Equatable, Sendable {
    /// A heartbeat that is older means that the process hangs.
    package static let heartbeatLimitNanoseconds: UInt64 = 5_000_000_000
    /// At most one start in this time, so that one that fails at once does not eat the machine.
    package static let startPauseNanoseconds: UInt64 = 1_000_000_000

    package enum State: Equatable, Sendable {
        /// No process. Can transition to: `running` on ``started(now:)`` or ``adopted(now:)``.
        case absent
        /// There is one. Can transition to: `absent` on ``ended()``, `killed` when its heartbeat is too old.
        case running(since: UInt64)
        /// It was sent SIGKILL. Can transition to: `absent` on ``ended()``.
        case killed
    }

    package enum Directive: Equatable, Sendable {
        case none
        case start
        /// SIGKILL; with a heartbeat this old, in nanoseconds.
        case kill(silentFor: UInt64)
    }

    package private(set) var state = State.absent
    private var lastStart: UInt64?

    package init() {}

    package mutating func started(now: UInt64) {
        state = .running(since: now)
        lastStart = now
    }

    /// A process that an earlier controller started goes on serving.
    package mutating func adopted(now: UInt64) { state = .running(since: now) }

    /// The start itself failed; it is tried again after the pause.
    package mutating func startFailed(now: UInt64) { lastStart = now }

    package mutating func ended() { state = .absent }

    /// - Parameters:
    ///   - now: CLOCK_MONOTONIC, nanoseconds.
    ///   - heartbeat: of the instance's record, the same clock.
    package mutating func tick(now: UInt64, heartbeat: UInt64) -> Directive {
        switch state {
        case .absent:
            if let lastStart, now < lastStart + Self.startPauseNanoseconds { return .none }
            return .start
        case .running(let since):
            // A process that was just started has the heartbeat of its predecessor for a moment.
            let last = max(since, heartbeat)
            guard now > last, now - last > Self.heartbeatLimitNanoseconds else { return .none }
            state = .killed
            return .kill(silentFor: now - last)
        case .killed:
            return .none
        }
    }
}

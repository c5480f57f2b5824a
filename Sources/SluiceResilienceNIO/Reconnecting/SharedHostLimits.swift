public import SluiceResilience

import Synchronization

/// The ``HostLimits`` that all channels to one host share.
///
/// Make one for each host that you connect to, and give it to all channels to that host. Nothing is shared unless you do.
public final class SharedHostLimits: Sendable {
    private let limits: Mutex<HostLimits>

    /// Makes limits with a full budget and a closed breaker.
    public init(_ limits: HostLimits = HostLimits()) {
        self.limits = Mutex(limits)
    }

    /// A copy of the limits as they are now, to show or to count them.
    public var current: HostLimits { limits.withLock { $0 } }

    func withLock<Result: Sendable>(_ body: (inout HostLimits) -> Result) -> Result {
        limits.withLock { limits in body(&limits) }
    }
}

/// The progress of the renewal of an instance: its process is replaced by one of the controller's program (PKG-3).
///
/// The instance itself does not change. It counts as serving and keeps its slabs and sessions. The kernel forwards and
/// admits; only ageing waits.
struct Renewal: Hashable, Sendable, Codable {
    enum Step: String, Hashable, Sendable, Codable {
        /// The old process was asked to end. Can transition to: `starting` when it is gone.
        case ending
        /// The new process was requested. Can transition to: nothing, when it serves. If it does not, the instance is
        /// lost.
        case starting
    }

    var step = Step.ending
    let since: UInt64
}

/// Why no further instance is renewed: one did not start to serve.
struct RenewalStop: Hashable, Sendable, Codable {
    /// The controller's program. A controller of another program tries again.
    var program: String
    var reason: String
}

/// Which renewals are pending, for `status`.
package struct RenewalView: Hashable, Sendable, Codable {
    /// Instances whose processes run another program than the controller, except those with a binary chosen by
    /// maintenance.
    package var remaining: [InstanceIdentifier]
    /// The instance that is being renewed.
    package var current: InstanceIdentifier?
    /// What the next renewal waits for; nil: nothing, or a renewal is in progress.
    package var waitsFor: String?
    /// Why the renewals have stopped; nil: they have not.
    package var problem: String?

    package init(
        remaining: [InstanceIdentifier], current: InstanceIdentifier? = nil, waitsFor: String? = nil,
        problem: String? = nil
    ) {
        self.remaining = remaining
        self.current = current
        self.waitsFor = waitsFor
        self.problem = problem
    }
}

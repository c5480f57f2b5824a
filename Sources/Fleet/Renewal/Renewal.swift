/// How far the renewal of an instance is: its process gives way to one of the controller's program (PKG-3).
///
/// The instance stays what it is. It serves, its slabs and sessions are its own, and the kernel forwards and admits: only ageing waits.
struct Renewal: Hashable, Sendable, Codable {
    enum Step: String, Hashable, Sendable, Codable {
        /// The old process was told to end. Can transition to: `starting` when it is gone.
        case ending
        /// The new process was asked for. Can transition to: nothing, when it serves; where it does not, the instance is lost.
        case starting
    }

    var step = Step.ending
    let since: UInt64
}

/// Why no further instance is renewed: one did not come to serve.
struct RenewalStop: Hashable, Sendable, Codable {
    /// Of the controller; a controller of another one tries again.
    var program: String
    var reason: String
}

/// What is left to be renewed, for `status`.
package struct RenewalView: Hashable, Sendable, Codable {
    /// Instances whose processes run another program than the controller, though they were not given one by maintenance.
    package var remaining: [InstanceIdentifier]
    /// The one that is being renewed.
    package var current: InstanceIdentifier?
    /// What it waits for; nil: nothing, or it is at work.
    package var waitsFor: String?
    /// Why it has stopped; nil: it has not.
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

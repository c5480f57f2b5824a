package import Kernel

/// What a controller leaves for its successors and for `sluice status`: `controller.json`.
package struct ControllerRecord: Codable, Equatable, Sendable {
    package var gateway: String
    package var processIdentifier: Int32
    /// The file that the configuration was read from; `sluice reload` reads it again.
    package var configurationFile: String
    /// The attached interfaces: index by name, so that the next controller can detach those that are no longer configured.
    package var interfaces: [String: Int]
    /// The state of IP forwarding before the gateway enabled it.
    package var forwardingBefore: Forwarding
    /// The present problems, one sentence each; empty: healthy.
    package var problems: [String]
    /// Wall clock, seconds since 1970.
    package var startedAt: Int64
    /// The version of the controller's binary; nil: an earlier version that did not record it.
    package var version: BinaryVersion?
    /// The longest iteration of its loop in the last minute; nil: not recorded.
    package var longestTurn: LongestIteration?

    package init(
        gateway: String, processIdentifier: Int32, configurationFile: String, interfaces: [String: Int],
        forwardingBefore: Forwarding, problems: [String] = [], startedAt: Int64,
        version: BinaryVersion? = nil
    ) {
        self.gateway = gateway
        self.processIdentifier = processIdentifier
        self.configurationFile = configurationFile
        self.interfaces = interfaces
        self.forwardingBefore = forwardingBefore
        self.problems = problems
        self.startedAt = startedAt
        self.version = version
    }
}

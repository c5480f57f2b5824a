package import Kernel

/// What a controller leaves for those who come after it, and for `sluice status`: `controller.json`.
package struct ControllerRecord: Codable, Equatable, Sendable {
    package var gateway: String
    package var processIdentifier: Int32
    /// The file that the configuration was read from; what `sluice reload` reads again.
    package var configurationFile: String
    /// What this gateway is attached to: interface index by name, so that its successor can detach what is configured no more.
    package var interfaces: [String: Int]
    /// How IP forwarding stood before the gateway switched it on.
    package var forwardingBefore: Forwarding
    /// What is wrong at the moment, a sentence each; empty: healthy.
    package var problems: [String]
    /// Wall clock, seconds since 1970.
    package var startedAt: Int64
    /// The controller's binary; nil: it was of an earlier version, which did not say so.
    package var version: BinaryVersion?
    /// Of its loop, in the last minute; nil: it has not said so.
    package var longestTurn: LongestTurn?

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

/// The configuration of a gateway: a `sluice.yaml` that was read and checked (``ConfigurationReference`` lists every
/// key).
///
/// It holds only legal values. If the text has any mistake, the result is ``ConfigurationErrors`` instead, so nothing
/// is applied in part.
package struct Configuration: Equatable, Sendable {
    /// The gateway's name in paths, pins and messages.
    package var gateway: String
    package var profile: Profile
    /// Divides every duration of the profile (PROF-2): 1 to 1000.
    package var timeScale: Double
    package var continuity: Continuity
    /// The number of sessions that the table can hold. The datapath rounds up to whole slabs.
    package var capacitySessions: Int
    package var zones: [Zone]
    package var internalPrefixes: [AddressPrefix]
    /// In order of priority.
    package var rules: [FirewallRule]
    /// Network security groups, with the names that zones use.
    package var groups: [NetworkSecurityGroup] = []
    /// The addresses of service tags and application security groups.
    package var addressBook: AddressBook
    /// The bytes of the files that the text names, by the names in the text.
    package var files: [String: [UInt8]] = [:]
    /// For traffic to the gateway's own addresses, in order of priority.
    package var hostRules: [FirewallRule]
    /// Whether packets go directly to the other end of a veth pair and bypass the queueing discipline of the gateway's
    /// end.
    package var vethShortcut: Bool
    /// Whether the gateway's own addresses answer ICMP echo.
    package var hostPing: Bool
    package var withoutSession: WithoutSession
    package var guardOnStop: GuardOnStop
    /// As written, not scaled.
    package var unscaledDrain: DrainSettings
    /// As written, not scaled.
    package var unscaledTimeouts: SessionTimeouts
    package var fleet: FleetConfiguration
    /// nil: maintenance may begin at any time.
    package var maintenance: MaintenanceWindow?
    /// nil: sessions are not logged.
    package var flowLog: FlowLogSettings?
    /// nil: there is no HTTP API.
    package var api: APISettings?
    /// The directory for data that outlives the gateway process: the history and the fleet's state.
    package var stateDirectory = Self.usualStateDirectory
    /// What is worth a line in the log but is not a mistake: an exception to the profile (IDLE-5), a key without
    /// effect.
    package var notices: [String]

    /// What happens to sessions when their instance leaves.
    package enum Continuity: String, Sendable, CaseIterable {
        /// As documented: they end with the instance.
        case disruptive
        /// Other instances take them over; the sessions' ends do not notice (KEEP-1).
        case preserve
    }

    /// What happens to a TCP segment that belongs to no session (SESS-1).
    package enum WithoutSession: String, Sendable, CaseIterable {
        case drop
        case reset
    }

    /// What happens to the guard when the gateway stops (BAD-5). The guard drops everything that the datapath has not
    /// allowed.
    package enum GuardOnStop: String, Sendable, CaseIterable {
        /// Nothing is forwarded while the gateway is stopped.
        case keep
        /// The host forwards again as it did without the gateway.
        case remove
    }

    /// Whether durations pass faster than written.
    package var isScaled: Bool { timeScale != 1 }

    /// The timeouts of datapath and instances: divided by ``timeScale``.
    package var timeouts: SessionTimeouts { unscaledTimeouts.scaled(by: timeScale) }

    /// Divided by ``timeScale``.
    package var drain: DrainSettings {
        DrainSettings(
            refuse: SessionTimeouts.scale(unscaledDrain.refuse, by: timeScale),
            reset: SessionTimeouts.scale(unscaledDrain.reset, by: timeScale))
    }

    /// The configuration text together with the files that it names, as one text. It reads back to the same
    /// configuration in any directory.
    package func selfContained(_ text: [UInt8]) -> [UInt8] {
        EmbeddedFiles.join(EmbeddedFiles.part(String(decoding: text, as: UTF8.self)).text.utf8.map { $0 }, files)
    }

    /// Divided by ``timeScale``: nanoseconds.
    package var coolDown: UInt64 { SessionTimeouts.scale(fleet.unscaledCoolDown, by: timeScale) }

    /// Whether an address counts as internal.
    package func isInternal(_ address: NetworkAddress) -> Bool {
        internalPrefixes.contains { $0.contains(address) }
    }

    package static let usualStateDirectory = "/var/lib/sluice"

    /// RFC 1918, RFC 6598, RFC 4193 and link-local addresses (RFC 4291, 2.5.6).
    package static let defaultInternalPrefixes: [AddressPrefix] = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10",
    ].compactMap { try? AddressPrefix(parsing: $0) }
}

/// What the gateway is asked to be: a read and checked `sluice.yaml` (see ``ConfigurationReference`` for every key).
///
/// Holds only legal values; a text with any mistake becomes ``ConfigurationErrors`` instead, so nothing half-read is ever applied.
package struct Configuration: Equatable, Sendable {
    /// The gateway's name: in paths, pins and messages.
    package var gateway: String
    package var profile: Profile
    /// Divides every duration of the profile (PROF-2): 1 to 1000.
    package var timeScale: Double
    package var continuity: Continuity
    /// Sessions that the table holds; the datapath rounds up to whole slabs.
    package var capacitySessions: Int
    package var zones: [Zone]
    package var internalPrefixes: [AddressPrefix]
    /// In order of priority.
    package var rules: [FirewallRule]
    /// Network security groups, by the names that zones go by.
    package var groups: [NetworkSecurityGroup] = []
    /// What service tags and application security groups stand for.
    package var addressBook: AddressBook
    /// The bytes of the files that the text names, by the names that it has for them.
    package var files: [String: [UInt8]] = [:]
    /// For traffic to the gateway's own addresses, in order of priority.
    package var hostRules: [FirewallRule]
    /// Whether packets go straight to the other end of a veth pair, past the queueing discipline of the gateway's end.
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
    /// Where the gateway keeps what survives it: its history, the fleet's state.
    package var stateDirectory = Self.usualStateDirectory
    /// What is worth a line in the log though it is no mistake: an exception to the profile (IDLE-5), a key without effect.
    package var notices: [String]

    /// What becomes of sessions when their instance leaves.
    package enum Continuity: String, Sendable, CaseIterable {
        /// As documented: they end with it.
        case disruptive
        /// Other instances take them over, and no end notices (KEEP-1).
        case preserve
    }

    /// What happens to a TCP segment that belongs to no session (SESS-1).
    package enum WithoutSession: String, Sendable, CaseIterable {
        case drop
        case reset
    }

    /// What becomes of the guard, which lets nothing pass that the datapath has not allowed, when the gateway stops (BAD-5).
    package enum GuardOnStop: String, Sendable, CaseIterable {
        /// Nothing is forwarded while the gateway is stopped.
        case keep
        /// The host forwards again as if the gateway had never been there.
        case remove
    }

    /// Whether durations run faster than written.
    package var isScaled: Bool { timeScale != 1 }

    /// What the datapath and the instances go by: divided by ``timeScale``.
    package var timeouts: SessionTimeouts { unscaledTimeouts.scaled(by: timeScale) }

    /// Divided by ``timeScale``.
    package var drain: DrainSettings {
        DrainSettings(
            refuse: SessionTimeouts.scale(unscaledDrain.refuse, by: timeScale),
            reset: SessionTimeouts.scale(unscaledDrain.reset, by: timeScale))
    }

    /// The text that this was read from together with the files that it names: it reads back to the same, wherever it lies.
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

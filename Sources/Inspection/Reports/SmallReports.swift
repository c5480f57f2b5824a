/// `sluice maintenance status --json`.
package struct MaintenanceReport: Encodable, Sendable {
    package let maintenance: MaintenanceStatus?

    package init(_ maintenance: MaintenanceStatus?) { self.maintenance = maintenance }

    private enum Key: String, CodingKey { case maintenance }

    /// Writes the key even if it is null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(maintenance, forKey: .maintenance)
    }
}

/// The result of a change in one sentence, as in `sluice fleet scale --json`.
package struct MessageReport: Codable, Equatable, Sendable {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// How many sessions were reset: `sluice session reset --json`.
package struct ResetReport: Codable, Equatable, Sendable {
    package let reset: Int

    package init(reset: Int) { self.reset = reset }
}

/// Packets dropped since the datapath was loaded, by reason. Every reason is included.
package struct DropReport: Codable, Equatable, Sendable {
    package struct Drop: Codable, Equatable, Sendable {
        package let reason: String
        package let packets: UInt64
    }

    package let drops: [Drop]

    /// - Parameter packets: by the name of the reason.
    package init(packets: [String: UInt64]) {
        drops = packets.sorted { $0.key < $1.key }.map { Drop(reason: $0.key, packets: $0.value) }
    }
}

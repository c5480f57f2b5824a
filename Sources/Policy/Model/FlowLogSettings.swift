/// What `flowLog:` asks for.
package struct FlowLogSettings: Codable, Equatable, Sendable {
    /// The documented formats that can be written.
    package enum Format: String, Codable, Sendable, CaseIterable {
        /// Network security group flow log, version 2: TCP and UDP.
        case nsgVersion2 = "nsg-v2"
        /// Virtual network flow log, version 4: every protocol.
        case virtualNetworkVersion4 = "vnet-v4"
    }

    /// Absolute.
    package var directory: String
    package var formats: [Format]
    /// Files of hours that are longer ago are removed.
    package var retentionNanoseconds: UInt64
    /// The oldest files are removed as long as all of them are larger.
    package var retentionBytes: UInt64
    /// What stands for the cloud's own names in records and paths.
    package var subscription: String
    package var resourceGroup: String
    package var region: String

    package static let usualRetentionNanoseconds: UInt64 = 7 * 86_400 * 1_000_000_000
    package static let usualRetentionBytes: UInt64 = 1 << 30
    package static let usualSubscription = "00000000-0000-0000-0000-000000000000"
    package static let usualResourceGroup = "sluice"
    package static let usualRegion = "local"

    package init(
        directory: String, formats: [Format] = Format.allCases,
        retentionNanoseconds: UInt64 = usualRetentionNanoseconds, retentionBytes: UInt64 = usualRetentionBytes,
        subscription: String = usualSubscription, resourceGroup: String = usualResourceGroup,
        region: String = usualRegion
    ) {
        self.directory = directory
        self.formats = formats
        self.retentionNanoseconds = retentionNanoseconds
        self.retentionBytes = retentionBytes
        self.subscription = subscription
        self.resourceGroup = resourceGroup
        self.region = region
    }
}

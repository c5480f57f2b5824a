/// The settings under `flowLog:`.
package struct FlowLogSettings: Codable, Equatable, Sendable {
    /// The documented formats that Sluice can write.
    package enum Format: String, Codable, Sendable, CaseIterable {
        /// Network security group flow log, version 2: TCP and UDP.
        case nsgVersion2 = "nsg-v2"
        /// Virtual network flow log, version 4: every protocol.
        case virtualNetworkVersion4 = "vnet-v4"
    }

    /// An absolute path.
    package var directory: String
    package var formats: [Format]
    /// Files of older hours are removed.
    package var retentionNanoseconds: UInt64
    /// The oldest files are removed while the total size is above this.
    package var retentionBytes: UInt64
    /// The cloud subscription in records and paths.
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

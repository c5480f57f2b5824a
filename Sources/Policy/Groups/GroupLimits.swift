/// The size limits of network security groups (NSG-6; the cloud's own limits).
package enum GroupLimits {
    package static let priorities = 100...4096
    /// Rules of a group: both directions together, without the default rules.
    package static let rules = 1000
    /// Distinct prefixes among a group's sources, and among its destinations. Prefixes behind tags and application
    /// security groups do not count.
    package static let prefixesPerSide = 4000
    package static let portRangesPerSide = 4000
    /// Characters of a group's or rule's name.
    package static let nameLength = 80
    /// Members of an application security group.
    package static let applicationSecurityGroupMembers = 4000
    /// Bytes of a file with groups or service tags.
    package static let fileBytes = 64 << 20
    /// Values in such a file. Each takes some hundred bytes of memory.
    package static let fileValues = 4_000_000
    /// Mistakes that are reported for one file. A file that is not a group at all would have one on each line.
    package static let mistakes = 100
    /// Groups and rules that are separate resources in one template, with copy loops expanded.
    package static let templateResources = 20_000
    /// Groups in one configuration.
    package static let groups = 5000
}

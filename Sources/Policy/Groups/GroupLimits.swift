/// How much a network security group may hold (NSG-6; the cloud's own limits).
package enum GroupLimits {
    package static let priorities = 100...4096
    /// Rules of a group, both directions together, without the default ones.
    package static let rules = 1000
    /// Distinct prefixes among a group's sources, and among its destinations. Those that tags and application security groups stand
    /// for do not count.
    package static let prefixesPerSide = 4000
    package static let portRangesPerSide = 4000
    /// Characters of a group's or rule's name.
    package static let nameLength = 80
    /// Members of an application security group.
    package static let applicationSecurityGroupMembers = 4000
    /// Bytes of a file with groups or service tags.
    package static let fileBytes = 64 << 20
    /// Values in such a file: each takes some hundred bytes of memory.
    package static let fileValues = 4_000_000
    /// Mistakes of one file that are told: nobody reads more, and a file that is no group at all has one a line.
    package static let mistakes = 100
    /// Groups and rules that are resources of their own in one template, copy loops rolled out.
    package static let templateResources = 20_000
    /// Groups in one configuration.
    package static let groups = 5000
}

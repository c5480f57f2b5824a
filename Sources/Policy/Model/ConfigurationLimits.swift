import FlowLayout

/// The size limits of a configuration.
package enum ConfigurationLimits {
    /// Forwarding rules: the bits of the policy image's rows, less those of the host rules.
    package static let rules = 1000
    package static let hostRules = 24
    /// Distinct prefixes among all sources, and among all destinations (NSG-6).
    package static let prefixesPerSide = 4000
    /// Distinct port ranges among all source ports, and among all destination ports.
    package static let portRangesPerSide = 4000
    package static let internalPrefixes = 1000
    package static let zones = Int(SLUICE_MAX_ZONES) - 1
    package static let interfaces = 1024
    package static let priorities = 1...65535
    package static let timeScale = 1.0...1000.0
    package static let capacitySessions = 1...(Int(SLUICE_MAX_SLABS) << 16)
    /// Instances of a fleet (SCALE-2).
    package static let instances = 2...50
    /// Throughput that can be configured for one instance.
    package static let instanceBitsPerSecond = 1e6...1e14
    /// Bytes of a rule's or zone's name.
    package static let nameBytes = 80
    /// Bytes of a gateway's name: it becomes part of file and table names.
    package static let gatewayNameBytes = 63
    /// Bytes of an interface's name (IFNAMSIZ less the final zero).
    package static let interfaceNameBytes = 15
    /// Bytes of a configuration file.
    package static let fileBytes = 16 << 20
}

/// Where things lie in a policy image (`sluice_policy_memory`). All places are fixed, so that neither the kernel program nor its
/// verifier has to believe anything that the image says.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 128 | header: see ``Header`` |
/// | 128 | 128 | row 1: which bits are forwarding rules |
/// | 256 | 128 | row 2: which bits are host rules |
/// | 0x1000 | 1 KiB | protocol: a 4-byte entry for each of the 256 |
/// | 0x4000 | 16 KiB | rules: 16 bytes each, see ``RuleRecord`` |
/// | 0x10000 | 2 x 32 KiB | boundaries of source and destination ports, 2 bytes each |
/// | 0x20000 | 2 x 64 KiB | boundaries of IPv4 sources and destinations, 4 bytes each |
/// | 0x40000 | 6 x 64 KiB | an entry of 4 bytes for each interval, in the order of ``Field`` |
/// | 0xA0000 | 2 x 256 KiB | boundaries of IPv6 sources and destinations, 16 bytes each: high half, low half |
/// | 0x120000 | to the end | rows from ``firstRow`` on: 128 bytes each, a bit for each rule |
///
/// A field's values are cut into intervals, within which the same rules match. Boundary i is the lowest value of interval i; the
/// first is 0; unused boundaries are the highest value, and their entries repeat the last interval's. An entry holds a row's
/// number in its low 16 bits (the row lies at 128 times that), and for addresses ``internalBit``.
package enum PolicyImageLayout {
    package static let magic: UInt64 = 0x3230_4543_4955_4C53  // "SLUICE02", as bytes
    /// Intervals that a field can have: what ``searchSteps`` reach.
    package static let intervals = 1 << searchSteps
    package static let searchSteps = 14

    /// Rules that forward come first, then those of the gateway's own addresses.
    package static let firstHostBit = 1000
    package static let forwardRow = 1
    package static let hostRow = 2

    package static let protocolEntries = 0x1000
    package static let rules = 0x4000
    package static let ruleShift = 4
    package static let rowShift = 7
    package static let firstRow = 0x12_0000 >> 7
    package static let rows = 1 << 16
    package static let internalBit: UInt32 = 1 << 16

    /// What a rule looks at, besides the protocol.
    package enum Field: Int, Sendable, CaseIterable {
        case sourcePort = 0
        case destinationPort = 1
        case source4 = 2
        case destination4 = 3
        case source6 = 4
        case destination6 = 5

        /// Offset of the field's boundaries.
        package var boundaries: Int {
            switch self {
            case .sourcePort: 0x1_0000
            case .destinationPort: 0x1_8000
            case .source4: 0x2_0000
            case .destination4: 0x3_0000
            case .source6: 0xA_0000
            case .destination6: 0xE_0000
            }
        }

        /// Bytes of a boundary.
        package var boundaryBytes: Int {
            switch self {
            case .sourcePort, .destinationPort: 2
            case .source4, .destination4: 4
            case .source6, .destination6: 16
            }
        }

        /// Offset of the field's entries.
        package var entries: Int { 0x4_0000 + rawValue << 16 }
    }

    /// Offsets in the header.
    package enum Header {
        /// 8 bytes: ``PolicyImageLayout/magic``.
        package static let magic = 0
        /// 4 bytes: forwarding rules.
        package static let ruleCount = 8
        /// 4 bytes: host rules.
        package static let hostRuleCount = 12
        /// 4 bytes: rows in use, from ``PolicyImageLayout/firstRow`` on.
        package static let rowCount = 16
        /// 4 bytes for each ``Field``: the steps that find any of its intervals, at most ``PolicyImageLayout/searchSteps``.
        package static let steps = 24
    }

    /// Offsets in a rule's record.
    package enum RuleRecord {
        /// 2 bytes: the rule's identity.
        package static let identity = 0
        /// 2 bytes: 1 allows, 0 denies.
        package static let allows = 2
        /// 2 bytes for each of the 5 classes of sessions: a treatment's index, in the order of `TreatmentIndex`.
        package static let treatments = 4
    }
}

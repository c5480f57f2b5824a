/// The layout of a policy image (`sluice_policy_memory`).
///
/// An image holds rule sets: the firewall's own rules, the host rules, and the inbound and outbound rules of every
/// network security group that a zone has. The first part has fixed offsets. The tables of the rule sets follow it, one
/// after the other, so an image is only as long as its rules need. Every offset that is read from the image is masked
/// before it is used. So neither the kernel program nor the verifier has to trust the content of the image.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 256 | header: see ``Header`` |
/// | 0x100 | 64 x 4 | groups by zone: the numbers of the inbound and of the outbound rule set, 2 bytes each; 0: none |
/// | 0x1000 | 128 x 128 | rule sets: see ``RuleSetRecord`` |
/// | 0x5000 | to the end | tables of the rule sets |
///
/// A field's values are divided into intervals, within which the same rules match. Boundary i is the lowest value of
/// interval i; the first boundary is 0. The number of boundaries is a power of two. Unused boundaries have the highest
/// value, and their entries repeat the last interval's entry. An entry holds the offset of a row, in units of 8 bytes,
/// in its low 24 bits, and for addresses ``internalBit``. A row has a bit for each rule of its set.
package enum PolicyImageLayout {
    package static let magic: UInt64 = 0x3230_4543_4955_4C53  // "SLUICE02", as bytes
    /// The largest number of intervals of a field: what ``searchSteps`` can distinguish.
    package static let intervals = 1 << searchSteps
    package static let searchSteps = 15

    /// The rule set of the firewall's own rules.
    package static let ownSet = 0
    /// The rule set of the host rules.
    package static let hostSet = 1
    /// Rule sets from here on belong to groups.
    package static let firstGroupSet = 2
    package static let sets = 128

    package static let zones = 0x100
    package static let setRecords = 0x1000
    package static let setRecordShift = 7
    package static let tables = 0x5000
    package static let ruleShift = 4
    package static let internalBit: UInt32 = 1 << 31

    /// The fields that a rule compares, besides the protocol.
    package enum Field: Int, Sendable, CaseIterable {
        case sourcePort = 0
        case destinationPort = 1
        case source4 = 2
        case destination4 = 3
        case source6 = 4
        case destination6 = 5

        /// Length of a boundary, in bytes.
        package var boundaryBytes: Int {
            switch self {
            case .sourcePort, .destinationPort: 2
            case .source4, .destination4: 4
            case .source6, .destination6: 16
            }
        }

        /// Offset of the field's 12 bytes in a set's record: offset of the boundaries, offset of the entries, and the
        /// steps that find any of its intervals, at most ``searchSteps``.
        package var record: Int { RuleSetRecord.fields + rawValue * 12 }
    }

    /// Offsets in the header.
    package enum Header {
        /// 8 bytes: ``PolicyImageLayout/magic``.
        package static let magic = 0
        /// 4 bytes: rule sets in use.
        package static let setCount = 8
        /// 4 bytes: bytes in use.
        package static let usedBytes = 12
    }

    /// Offsets in the record of a rule set.
    package enum RuleSetRecord {
        /// 4 bytes: 8-byte words of a row in use, at most ``rowWords``. 0: nothing matches, which denies.
        package static let wordCount = 0
        /// 4 bytes: offset of the rules' records, 16 bytes each: see ``RuleRecord``.
        package static let rules = 4
        /// 4 bytes: offset of the protocols' entries, 4 bytes for each of the 256.
        package static let protocols = 8
        /// 4 bytes: ``flushes``.
        package static let flags = 12
        package static let fields = 16

        /// A change of the rules re-evaluates live sessions (`flushConnection`).
        package static let flushes: UInt32 = 1
    }

    /// 8-byte words of the longest row.
    package static let rowWords = 16

    /// Offsets in a rule's record.
    package enum RuleRecord {
        /// 2 bytes: the rule's identity.
        package static let identity = 0
        /// 2 bytes: 1 allows, 0 denies.
        package static let flags = 2
        /// 2 bytes for each of ``treatmentColumns``: a group of treatments (`TreatmentIndex`).
        package static let treatments = 4
        /// TCP north-south, TCP east-west, UDP, ICMP, others: the kinds that rules distinguish.
        package static let treatmentColumns = 5

        /// The column of a `SessionKind`.
        @inline(__always)
        package static func treatmentColumn(_ kind: UInt64) -> UInt64 {
            let group = kind & 3
            return group == 0 ? kind >> 2 : group &+ 1
        }

        package static let allows: UInt16 = 1
    }
}

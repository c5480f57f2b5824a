package import FlowLayout

/// Which rules decided.
package enum PolicyStage: UInt8, Sendable, CaseIterable {
    /// The firewall's own rules, or the host rules.
    case ownRules = 0
    /// The outbound rules of the source zone's group.
    case outboundGroup = 1
    /// The inbound rules of the destination zone's group.
    case inboundGroup = 2
}

/// What a classification by several rule sets needs: the number of a zone's rule set, and the answer of one rule set.
/// All of it comes from one image (NSG-8).
package protocol RuleSets {
    /// Returns the two bytes at an offset in the zones' directory: the number of a rule set, or 0.
    func groupSet(_ offset: UInt64) -> UInt32
    /// Answers by one rule set. Returns false if there is no image.
    func evaluate(_ set: UInt32, _ question: UnsafeMutablePointer<sluice_classification>) -> Bool
}

/// Classifies a packet that would begin a session: finds the first rule that matches, by priority, in each rule set
/// that applies.
///
/// The outbound rules of the source zone's group come first, then the inbound rules of the destination zone's group,
/// then the firewall's own rules. All must allow (NSG-4).
///
/// The same code runs in the kernel program, in `policy explain` and in tests. For every field it finds the interval
/// that contains the packet's value. This is a binary search: the image gives the number of steps, and no branch
/// depends on data. The interval names a row of bits, one bit for each rule that matches there. The lowest bit that is
/// set in the rows of all fields is the rule. So the time hardly depends on the number of rules (NSG-6).
///
/// Every offset into the image is masked before it is used. So no image, however broken, causes a read outside of it.
package enum Classifier {
    /// Answers a question by an image of `SLUICE_POLICY_BYTES` bytes. An image of zeros denies everything.
    @inline(__always)
    package static func classify(image: UnsafeRawPointer, question: UnsafeMutablePointer<sluice_classification>) {
        _ = classify(question, by: ImageRuleSets(image: image))
    }

    /// Answers a question by the rule sets that apply.
    ///
    /// - Returns: false if there is no image, which denies.
    @inline(__always)
    package static func classify<Sets: RuleSets>(
        _ question: UnsafeMutablePointer<sluice_classification>, by sets: Sets
    ) -> Bool {
        question.pointee.groupRule = 0
        question.pointee.stage = PolicyStage.ownRules.rawValue
        if question.pointee.forHost & 1 != 0 { return sets.evaluate(UInt32(PolicyImageLayout.hostSet), question) }
        let outbound = sets.groupSet(UInt64(question.pointee.sourceZone & 63) << 2 | 2)
        if outbound != 0 {
            guard sets.evaluate(outbound, question) else { return false }
            if question.pointee.allowed == 0 {
                question.pointee.stage = PolicyStage.outboundGroup.rawValue
                question.pointee.groupRule = question.pointee.rule
                return true
            }
            question.pointee.groupRule = question.pointee.rule
        }
        let inbound = sets.groupSet(UInt64(question.pointee.destinationZone & 63) << 2)
        if inbound != 0 {
            guard sets.evaluate(inbound, question) else { return false }
            if question.pointee.allowed == 0 {
                question.pointee.stage = PolicyStage.inboundGroup.rawValue
                question.pointee.groupRule = question.pointee.rule
                return true
            }
            question.pointee.groupRule = question.pointee.rule
        }
        return sets.evaluate(UInt32(PolicyImageLayout.ownSet), question)
    }

    /// The rule set of a zone's group, by its offset in the zones' directory.
    @inline(__always)
    package static func groupSet(image: UnsafeRawPointer, _ offset: UInt64) -> UInt32 {
        UInt32(load16(image, UInt64(PolicyImageLayout.zones) &+ (offset & 0xFE)))
    }

    /// Answers by one rule set of an image.
    @inline(__always)
    package static func evaluate(
        image: UnsafeRawPointer, set: UInt32, question: UnsafeMutablePointer<sluice_classification>
    ) {
        let record =
            UInt64(PolicyImageLayout.setRecords)
            &+ (UInt64(set) & UInt64(PolicyImageLayout.sets - 1)) << UInt64(PolicyImageLayout.setRecordShift)
        let words = UInt64(load32(image, record &+ UInt64(PolicyImageLayout.RuleSetRecord.wordCount)))
        // Re-evaluation asks only the groups that request it. The others allow what they have allowed before.
        let flags = load32(image, record &+ UInt64(PolicyImageLayout.RuleSetRecord.flags))
        if question.pointee.reevaluates & 1 != 0, set >= UInt32(PolicyImageLayout.firstGroupSet),
            flags & PolicyImageLayout.RuleSetRecord.flushes == 0
        {
            question.pointee.allowed = 1
            question.pointee.rule = question.pointee.groupRule
            return
        }
        let source: UInt64
        let destination: UInt64
        if question.pointee.family == AddressFamilyNumber.ipv6 {
            source = entry6(image, record, .source6, question.pointee.source)
            destination = entry6(image, record, .destination6, question.pointee.destination)
        } else {
            source = entry4(image, record, .source4, question.pointee.source)
            destination = entry4(image, record, .destination4, question.pointee.destination)
        }
        let sourcePort = entry2(image, record, .sourcePort, question.pointee.sourcePort)
        let destinationPort = entry2(image, record, .destinationPort, question.pointee.destinationPort)
        let protocols = UInt64(load32(image, record &+ UInt64(PolicyImageLayout.RuleSetRecord.protocols)))
        let protocolEntry = UInt64(load32(image, protocols &+ UInt64(question.pointee.protocol) << 2))

        let sourceIsInternal = source >> 31
        let destinationIsInternal = destination >> 31
        question.pointee.sourceIsInternal = UInt8(truncatingIfNeeded: sourceIsInternal)
        question.pointee.destinationIsInternal = UInt8(truncatingIfNeeded: destinationIsInternal)

        let sourceRow = row(source)
        let destinationRow = row(destination)
        let sourcePortRow = row(sourcePort)
        let destinationPortRow = row(destinationPort)
        let protocolRow = row(protocolEntry)

        // Rows are only as long as their set needs: at most 31 words, whatever the image says. See `mostSteps` for how
        // the loop counts.
        var word: UInt64 = 0
        var iteration = 31 &- (sluice_opaque64(words) & 31)
        while iteration < 31 {
            iteration = sluice_opaque64(iteration &+ 1)
            let offset = word << 3
            let matching =
                load64(image, protocolRow &+ offset) & load64(image, destinationPortRow &+ offset)
                & load64(image, destinationRow &+ offset) & load64(image, sourceRow &+ offset)
                & load64(image, sourcePortRow &+ offset)
            if matching != 0 {
                let bit = word << 6 | lowestBit(matching)
                let rules = UInt64(load32(image, record &+ UInt64(PolicyImageLayout.RuleSetRecord.rules)))
                let rule = rules &+ bit << UInt64(PolicyImageLayout.ruleShift)
                let kind = kind(question, eastWest: sourceIsInternal & destinationIsInternal)
                let flags = load16(image, rule &+ UInt64(PolicyImageLayout.RuleRecord.flags))
                question.pointee.allowed = UInt8(truncatingIfNeeded: flags & PolicyImageLayout.RuleRecord.allows)
                question.pointee.rule = load16(image, rule &+ UInt64(PolicyImageLayout.RuleRecord.identity))
                let column = PolicyImageLayout.RuleRecord.treatmentColumn(kind)
                question.pointee.treatment =
                    load16(image, rule &+ UInt64(PolicyImageLayout.RuleRecord.treatments) &+ column << 1)
                    | UInt16(truncatingIfNeeded: kind)
                question.pointee.ruleIndex = UInt16(truncatingIfNeeded: bit)
                return
            }
            word &+= 1
        }
        question.pointee.allowed = 0
        question.pointee.rule = 0
        question.pointee.treatment = UInt16(
            truncatingIfNeeded: kind(question, eastWest: sourceIsInternal & destinationIsInternal))
        question.pointee.ruleIndex = 0xFFFF
    }

    /// The ``SessionKind`` that the session would have.
    @inline(__always)
    private static func kind(_ question: UnsafePointer<sluice_classification>, eastWest: UInt64) -> UInt64 {
        eastWest << 2 | ProtocolGroup.of(ipProtocol: question.pointee.protocol)
    }

    /// The number of the lowest bit that is set; 64 if none is set. eBPF has no instruction for it, so arithmetic
    /// counts the bits below it (Hacker's Delight, 5-1).
    @inline(__always)
    private static func lowestBit(_ word: UInt64) -> UInt64 {
        let below = ~word & (word &- 1)
        let pairs = below &- (below >> 1 & 0x5555_5555_5555_5555)
        let nibbles = (pairs & 0x3333_3333_3333_3333) &+ (pairs >> 2 & 0x3333_3333_3333_3333)
        let bytes = (nibbles &+ (nibbles >> 4)) & 0x0F0F_0F0F_0F0F_0F0F
        return (bytes &* 0x0101_0101_0101_0101) >> 56
    }
}

/// The rule sets of an image in memory.
private struct ImageRuleSets: RuleSets {
    let image: UnsafeRawPointer

    @inline(__always)
    init(image: UnsafeRawPointer) { self.image = image }

    @inline(__always)
    func groupSet(_ offset: UInt64) -> UInt32 { Classifier.groupSet(image: image, offset) }

    @inline(__always)
    func evaluate(_ set: UInt32, _ question: UnsafeMutablePointer<sluice_classification>) -> Bool {
        Classifier.evaluate(image: image, set: set, question: question)
        return true
    }
}

/// Numbers of `sluice_classification`.
private enum AddressFamilyNumber {
    static var ipv6: UInt8 { 6 }
}

// MARK: - Search

extension Classifier {
    // The steps find the highest interval whose boundary is not above the value, bit by bit of its number, from the
    // highest bit. What decides a bit must look like arithmetic, for two readers. LLVM makes a branch of anything else.
    // The verifier follows both outcomes of anything else: since Linux 6.18 it does so even with an AND of a mask that
    // is 0 or all ones. So the bit is shifted.

    /// 1 where `low` is no higher than `value`, else 0. Both are below 2^63.
    @inline(__always)
    private static func isReached(_ low: UInt64, by value: UInt64) -> UInt64 {
        let difference = sluice_opaque64(value &- low)
        return sluice_opaque64(difference >> 63) ^ 1
    }

    /// A number in a field's record.
    @inline(__always)
    private static func number(
        _ image: UnsafeRawPointer, _ record: UInt64, _ field: PolicyImageLayout.Field, _ offset: UInt64
    ) -> UInt64 {
        UInt64(load32(image, record &+ UInt64(field.record) &+ offset))
    }

    // A loop counts up to the largest possible number of iterations. It starts at a higher value if fewer iterations
    // are needed, and compares by order. A kernel before Linux 6.8 learns nothing from `!= 0`: for its verifier such a
    // loop has no end. A lower bound that rises with each iteration has an end on every kernel. The counter is hidden
    // from LLVM, which would otherwise compare for equality.

    /// The largest number of steps of any search.
    @inline(__always)
    private static var mostSteps: UInt64 { 15 }

    /// How many steps find any of the field's intervals: few steps for few intervals. At most 15, whatever the image
    /// says.
    @inline(__always)
    private static func steps(
        _ image: UnsafeRawPointer, _ record: UInt64, _ field: PolicyImageLayout.Field
    ) -> UInt64 {
        number(image, record, field, 8) & 15
    }

    @inline(__always)
    private static func entry2(
        _ image: UnsafeRawPointer, _ record: UInt64, _ field: PolicyImageLayout.Field, _ port: UInt16
    ) -> UInt64 {
        let value = UInt64(port)
        let boundaries = number(image, record, field, 0)
        var index: UInt64 = 0
        var iteration = mostSteps &- steps(image, record, field)
        while iteration < mostSteps {
            iteration = sluice_opaque64(iteration &+ 1)
            let step = mostSteps &- iteration
            let low = UInt64(load16(image, boundaries &+ (index | 1 &<< step) << 1))
            index |= isReached(low, by: value) &<< step
        }
        return UInt64(load32(image, number(image, record, field, 4) &+ index << 2))
    }

    @inline(__always)
    private static func entry4(
        _ image: UnsafeRawPointer, _ record: UInt64, _ field: PolicyImageLayout.Field, _ address: sluice_address
    ) -> UInt64 {
        let value = address.low & 0xFFFF_FFFF
        let boundaries = number(image, record, field, 0)
        var index: UInt64 = 0
        var iteration = mostSteps &- steps(image, record, field)
        while iteration < mostSteps {
            iteration = sluice_opaque64(iteration &+ 1)
            let step = mostSteps &- iteration
            let low = UInt64(load32(image, boundaries &+ (index | 1 &<< step) << 2))
            index |= isReached(low, by: value) &<< step
        }
        return UInt64(load32(image, number(image, record, field, 4) &+ index << 2))
    }

    @inline(__always)
    private static func entry6(
        _ image: UnsafeRawPointer, _ record: UInt64, _ field: PolicyImageLayout.Field, _ address: sluice_address
    ) -> UInt64 {
        let boundaries = number(image, record, field, 0)
        var index: UInt64 = 0
        var iteration = mostSteps &- steps(image, record, field)
        while iteration < mostSteps {
            iteration = sluice_opaque64(iteration &+ 1)
            let step = mostSteps &- iteration
            let offset = boundaries &+ (index | 1 &<< step) << 4
            let high = load64(image, offset)
            let low = load64(image, offset &+ 8)
            let lowBorrow = borrow(address.low, low, 0)
            let highBorrow = borrow(address.high, high, lowBorrow)
            index |= (sluice_opaque64(highBorrow) ^ 1) &<< step
        }
        return UInt64(load32(image, number(image, record, field, 4) &+ index << 2))
    }

    /// The borrow of `left - right - carried`: 1 where the result would be negative (Hacker's Delight, 2-13).
    @inline(__always)
    private static func borrow(_ left: UInt64, _ right: UInt64, _ carried: UInt64) -> UInt64 {
        let difference = sluice_opaque64(left &- right &- carried)
        return ((~left & right) | (~(left ^ right) & difference)) >> 63
    }
}

// MARK: - Loads

// The mask shows the bound to the verifier. The opaque copy prevents LLVM from proving the mask needless and removing
// it.
extension Classifier {
    /// The mask of an offset into an image: `SLUICE_POLICY_BYTES` - 1.
    @inline(__always)
    private static var offsets: UInt64 { 0xFF_FFFF }

    @inline(__always)
    private static func load16(_ image: UnsafeRawPointer, _ offset: UInt64) -> UInt16 {
        let bounded = sluice_opaque64(offset) & (offsets & ~1)
        return (image + Int(truncatingIfNeeded: bounded)).assumingMemoryBound(to: UInt16.self).pointee
    }

    @inline(__always)
    private static func load32(_ image: UnsafeRawPointer, _ offset: UInt64) -> UInt32 {
        let bounded = sluice_opaque64(offset) & (offsets & ~3)
        return (image + Int(truncatingIfNeeded: bounded)).assumingMemoryBound(to: UInt32.self).pointee
    }

    @inline(__always)
    private static func load64(_ image: UnsafeRawPointer, _ offset: UInt64) -> UInt64 {
        let bounded = sluice_opaque64(offset) & (offsets & ~7)
        return (image + Int(truncatingIfNeeded: bounded)).assumingMemoryBound(to: UInt64.self).pointee
    }

    /// The offset of the row that an entry names.
    @inline(__always)
    private static func row(_ entry: UInt64) -> UInt64 { (entry & 0xFF_FFFF) << 3 }
}

package import FlowLayout

/// Judges a packet that would begin a session: finds the first rule that matches, by priority.
///
/// The same code runs in the kernel program, in `policy explain` and in tests. For every field it finds the interval that the
/// packet's value lies in, by a binary search with as many steps as the image says and no branch on data; the interval tells a row of bits,
/// one for each rule that matches there. The lowest bit that is set in the rows of all fields is the rule. So the time hardly
/// depends on the number of rules (NSG-6).
///
/// Every offset into the image is masked before it is used, so that no image, however broken, makes this read outside of it.
package enum Classifier {
    /// Answers a question by an image of `SLUICE_POLICY_BYTES` bytes. An image of zeros denies everything.
    @inline(__always)
    package static func classify(image: UnsafeRawPointer, question: UnsafeMutablePointer<sluice_classification>) {
        let source: UInt64
        let destination: UInt64
        if question.pointee.family == AddressFamilyNumber.ipv6 {
            source = entry6(image, .source6, question.pointee.source)
            destination = entry6(image, .destination6, question.pointee.destination)
        } else {
            source = entry4(image, .source4, question.pointee.source)
            destination = entry4(image, .destination4, question.pointee.destination)
        }
        let sourcePort = entry2(image, .sourcePort, question.pointee.sourcePort)
        let destinationPort = entry2(image, .destinationPort, question.pointee.destinationPort)
        let ipProtocol = UInt64(question.pointee.protocol)
        let protocolEntry = UInt64(
            load32(image, PolicyImageLayout.protocolEntries, ipProtocol << 2, mask: 0x3FC))
        let forHost = UInt64(question.pointee.forHost & 1)

        let sourceIsInternal = (source >> 16) & 1
        let destinationIsInternal = (destination >> 16) & 1
        question.pointee.sourceIsInternal = UInt8(truncatingIfNeeded: sourceIsInternal)
        question.pointee.destinationIsInternal = UInt8(truncatingIfNeeded: destinationIsInternal)

        let kinds = row(UInt64(PolicyImageLayout.forwardRow) &+ forHost)
        let sources = row(source)
        let destinations = row(destination)
        let sourcePorts = row(sourcePort)
        let destinationPorts = row(destinationPort)
        let protocols = row(protocolEntry)

        var word: UInt64 = 0
        while word < PolicyWords.count {
            let offset = word << 3
            let matching =
                load64(image, kinds, offset) & load64(image, protocols, offset)
                & load64(image, destinationPorts, offset) & load64(image, destinations, offset)
                & load64(image, sources, offset) & load64(image, sourcePorts, offset)
            if matching != 0 {
                let bit = word << 6 | lowestBit(matching)
                let record = bit << UInt64(PolicyImageLayout.ruleShift)
                let sessionClass = treatmentClass(
                    ipProtocol: question.pointee.protocol, eastWest: sourceIsInternal & destinationIsInternal)
                question.pointee.allowed = UInt8(
                    truncatingIfNeeded: load16(
                        image, PolicyImageLayout.rules &+ PolicyImageLayout.RuleRecord.allows, record, mask: 0x3FF0) & 1
                )
                question.pointee.rule = load16(
                    image, PolicyImageLayout.rules &+ PolicyImageLayout.RuleRecord.identity, record, mask: 0x3FF0)
                question.pointee.treatment = load16(
                    image, PolicyImageLayout.rules &+ PolicyImageLayout.RuleRecord.treatments,
                    record &+ sessionClass << 1, mask: 0x3FFE)
                question.pointee.ruleIndex = UInt16(
                    truncatingIfNeeded: bit &- forHost &* UInt64(PolicyImageLayout.firstHostBit))
                return
            }
            word &+= 1
        }
        question.pointee.allowed = 0
        question.pointee.rule = 0
        question.pointee.treatment = TreatmentIndex.byClass
        question.pointee.ruleIndex = 0xFFFF
    }

    /// Which of the five treatments of a rule is a session's: `TreatmentIndex`, without branches.
    @inline(__always)
    private static func treatmentClass(ipProtocol: UInt8, eastWest: UInt64) -> UInt64 {
        switch ipProtocol {
        case 6: eastWest
        case 17: UInt64(TreatmentIndex.udp)
        case 1, 58: UInt64(TreatmentIndex.icmp)
        case _: UInt64(TreatmentIndex.otherProtocol)
        }
    }

    /// The number of the lowest bit that is set; 64 where none is. eBPF has no instruction for it, so the bits below are counted
    /// by arithmetic (Hacker's Delight, 5-1).
    @inline(__always)
    private static func lowestBit(_ word: UInt64) -> UInt64 {
        let below = ~word & (word &- 1)
        let pairs = below &- (below >> 1 & 0x5555_5555_5555_5555)
        let nibbles = (pairs & 0x3333_3333_3333_3333) &+ (pairs >> 2 & 0x3333_3333_3333_3333)
        let bytes = (nibbles &+ (nibbles >> 4)) & 0x0F0F_0F0F_0F0F_0F0F
        return (bytes &* 0x0101_0101_0101_0101) >> 56
    }
}

/// Numbers of `sluice_classification`.
private enum AddressFamilyNumber {
    static var ipv6: UInt8 { 6 }
}

private enum PolicyWords {
    static var count: UInt64 { 16 }
}

// MARK: - Search

extension Classifier {
    // The steps find the highest interval whose boundary is not above the value, bit by bit of its number, from the highest bit.
    // What decides a bit must look like arithmetic to LLVM, which else makes a branch of it, and to the verifier, which else
    // follows both outcomes: it does so, since Linux 6.18, even with an AND of a mask that is 0 or all ones. Hence the bit is shifted.

    /// 1 where `low` is no higher than `value`, else 0. Both are below 2^63.
    @inline(__always)
    private static func isReached(_ low: UInt64, by value: UInt64) -> UInt64 {
        let difference = sluice_opaque64(value &- low)
        return sluice_opaque64(difference >> 63) ^ 1
    }

    /// How many steps find any of the field's intervals: few for few. At most 15, whatever the image says.
    @inline(__always)
    private static func steps(_ image: UnsafeRawPointer, _ field: PolicyImageLayout.Field) -> UInt64 {
        UInt64(load32(image, PolicyImageLayout.Header.steps, UInt64(field.rawValue) << 2, mask: 0x1C)) & 15
    }

    @inline(__always)
    private static func entry2(_ image: UnsafeRawPointer, _ field: PolicyImageLayout.Field, _ port: UInt16) -> UInt64 {
        let value = UInt64(port)
        var index: UInt64 = 0
        var step = steps(image, field)
        while step != 0 {
            step &-= 1
            let low = UInt64(load16(image, field.boundaries, (index | 1 &<< step) << 1, mask: 0x7FFE))
            index |= isReached(low, by: value) &<< step
        }
        return UInt64(load32(image, field.entries, index << 2, mask: 0xFFFC))
    }

    @inline(__always)
    private static func entry4(_ image: UnsafeRawPointer, _ field: PolicyImageLayout.Field, _ address: sluice_address)
        -> UInt64
    {
        let value = address.low & 0xFFFF_FFFF
        var index: UInt64 = 0
        var step = steps(image, field)
        while step != 0 {
            step &-= 1
            let low = UInt64(load32(image, field.boundaries, (index | 1 &<< step) << 2, mask: 0xFFFC))
            index |= isReached(low, by: value) &<< step
        }
        return UInt64(load32(image, field.entries, index << 2, mask: 0xFFFC))
    }

    @inline(__always)
    private static func entry6(
        _ image: UnsafeRawPointer, _ field: PolicyImageLayout.Field, _ address: sluice_address
    ) -> UInt64 {
        var index: UInt64 = 0
        var step = steps(image, field)
        while step != 0 {
            step &-= 1
            let offset = (index | 1 &<< step) << 4
            let high = load64(image, field.boundaries, offset, mask: 0x3FFF0)
            let low = load64(image, field.boundaries &+ 8, offset, mask: 0x3FFF0)
            let lowBorrow = borrow(address.low, low, 0)
            let highBorrow = borrow(address.high, high, lowBorrow)
            index |= (sluice_opaque64(highBorrow) ^ 1) &<< step
        }
        return UInt64(load32(image, field.entries, index << 2, mask: 0xFFFC))
    }

    /// The borrow of `left - right - carried`: 1 where the result would be negative (Hacker's Delight, 2-13).
    @inline(__always)
    private static func borrow(_ left: UInt64, _ right: UInt64, _ carried: UInt64) -> UInt64 {
        let difference = sluice_opaque64(left &- right &- carried)
        return ((~left & right) | (~(left ^ right) & difference)) >> 63
    }
}

// MARK: - Loads

// The mask makes the bound plain to the verifier; the opaque copy keeps LLVM from proving the mask needless and leaving it out.
extension Classifier {
    @inline(__always)
    private static func load16(_ image: UnsafeRawPointer, _ base: Int, _ offset: UInt64, mask: UInt64) -> UInt16 {
        let bounded = sluice_opaque64(offset) & mask
        return (image + base + Int(truncatingIfNeeded: bounded)).assumingMemoryBound(to: UInt16.self).pointee
    }

    @inline(__always)
    private static func load32(_ image: UnsafeRawPointer, _ base: Int, _ offset: UInt64, mask: UInt64) -> UInt32 {
        let bounded = sluice_opaque64(offset) & mask
        return (image + base + Int(truncatingIfNeeded: bounded)).assumingMemoryBound(to: UInt32.self).pointee
    }

    @inline(__always)
    private static func load64(_ image: UnsafeRawPointer, _ base: Int, _ offset: UInt64, mask: UInt64) -> UInt64 {
        let bounded = sluice_opaque64(offset) & mask
        return (image + base + Int(truncatingIfNeeded: bounded)).assumingMemoryBound(to: UInt64.self).pointee
    }

    /// The offset of the row that an entry names.
    @inline(__always)
    private static func row(_ entry: UInt64) -> UInt64 {
        (sluice_opaque64(entry) & 0xFFFF) << UInt64(PolicyImageLayout.rowShift)
    }

    /// A word of a row; `offset` is below 128.
    @inline(__always)
    private static func load64(_ image: UnsafeRawPointer, _ row: UInt64, _ offset: UInt64) -> UInt64 {
        let bounded = sluice_opaque64(row | offset) & 0x7F_FFF8
        return (image + Int(truncatingIfNeeded: bounded)).assumingMemoryBound(to: UInt64.self).pointee
    }
}

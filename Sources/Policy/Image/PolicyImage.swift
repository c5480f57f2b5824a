import FlowCore
package import FlowLayout
import Glibc

/// The rules of a configuration, compiled into the memory block that the classifier reads, in the kernel and here.
///
/// A policy changes in two steps (NSG-8): a whole image is written into the inactive one of two places, then the index
/// of the active place changes.
package struct PolicyImage: Sendable {
    /// The image's memory, freed with the last copy. It is not written after the compiler has finished.
    final class Memory: @unchecked Sendable {
        let bytes: UnsafeMutableRawBufferPointer

        init() {
            // Zeros that take no memory until they are written: most of an image is never used.
            guard let memory = calloc(1, Int(SLUICE_POLICY_BYTES)) else {
                preconditionFailure("no memory for a policy image")
            }
            bytes = UnsafeMutableRawBufferPointer(start: memory, count: Int(SLUICE_POLICY_BYTES))
        }

        deinit { free(bytes.baseAddress) }
    }

    let memory: Memory
    /// Bytes from the start that are in use. The other bytes are 0.
    package let usedBytes: Int
    /// Distinct sets of matching rules among all intervals.
    package let rowCount: Int
    /// Forwarding rules.
    package let ruleCount: Int
    package let hostRuleCount: Int
    /// The treatment groups that the image's rules use, by their first index, besides ``TreatmentIndex/byClass``.
    package let treatmentsInUse: Set<UInt16>

    /// Compiles a configuration's rules and groups. New names and treatments get new numbers.
    ///
    /// `zones` are the numbers of the zones; nil: the numbers that a new gateway assigns. `identitiesStillUsed` and
    /// `treatmentsStillUsed` return the numbers that sessions and the active image use. They are called only when no
    /// number is free.
    ///
    /// - Throws: ``PolicyError`` if a limit is reached. Identities and treatments are unchanged then.
    package init(
        compiling configuration: Configuration, identities: inout RuleIdentities, treatments: inout TreatmentTable,
        zones: ZoneIdentities? = nil, identitiesStillUsed: (() -> Set<UInt16>)? = nil,
        treatmentsStillUsed: (() -> Set<UInt16>)? = nil
    ) throws(PolicyError) {
        var newIdentities = identities
        var newTreatments = treatments
        try newIdentities.assign(configuration.ruleNames, stillUsed: identitiesStillUsed)
        newTreatments.setClasses(configuration.timeouts)
        let ruleTreatments = RuleTreatments(configuration: configuration)
        let indices = try newTreatments.intern(ruleTreatments.distinct, stillUsed: treatmentsStillUsed)
        func answer(_ rule: FirewallRule) -> PolicyImageCompiler.Answer {
            PolicyImageCompiler.Answer(
                identity: newIdentities.identity(of: rule.name) ?? 0,
                treatments: ruleTreatments.treatments(of: rule).map {
                    $0.flatMap { indices[$0] } ?? TreatmentIndex.byClass
                })
        }

        var compiler = PolicyImageCompiler()
        let prefixes = configuration.internalPrefixes
        try compiler.write(
            configuration.rules, list: "rules", limit: ConfigurationLimits.rules, internalPrefixes: prefixes,
            answer: answer)
        try compiler.write(
            configuration.hostRules, list: "hostRules", limit: ConfigurationLimits.hostRules,
            internalPrefixes: prefixes, answer: answer)
        var zoneNumbers = zones ?? ZoneIdentities()
        if zones == nil { zoneNumbers.assign(configuration.zones.map(\.name)) }
        var next = PolicyImageLayout.firstGroupSet
        for group in configuration.groupsInUse {
            for direction in [RuleDirection.inbound, .outbound] {
                try compiler.write(
                    group.effectiveRules(direction, in: configuration.addressBook),
                    list: "group \"\(group.name)\" \(direction.rawValue.lowercased())",
                    limit: GroupLimits.rules + SecurityRule.defaults.count, internalPrefixes: prefixes,
                    flushes: group.flushConnection, answer: answer)
            }
            for zone in configuration.zones where zone.networkSecurityGroup == group.name {
                guard let number = zoneNumbers.identity(of: zone.name) else { continue }
                compiler.writeZone(number, inbound: next, outbound: next + 1)
            }
            next += 2
        }
        compiler.writeHeader()

        identities = newIdentities
        treatments = newTreatments
        self.memory = compiler.memory
        self.usedBytes = compiler.usedBytes
        self.rowCount = compiler.rowCount
        self.ruleCount = configuration.rules.count
        self.hostRuleCount = configuration.hostRules.count
        self.treatmentsInUse = Set(indices.values)
    }

    /// Writes the image into kernel memory of `SLUICE_POLICY_BYTES` bytes. It must not be the active image.
    ///
    /// It must also not be the image that was active until a moment ago: another CPU may still evaluate a packet with
    /// it. An evaluation takes less than a microsecond and is not interrupted for long, so wait some milliseconds
    /// between two changes of policy.
    package func write(to target: UnsafeMutableRawBufferPointer) {
        precondition(target.count >= Int(SLUICE_POLICY_BYTES), "\(target.count) bytes can't hold a policy image")
        // Readers follow only the offsets in the image's own header, so leftovers of an older image behind it do no
        // harm.
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory.bytes[..<usedBytes]))
    }

    /// Answers a question with the same code as the kernel.
    package func classify(_ question: sluice_classification) -> sluice_classification {
        PolicyImage.classify(question, image: UnsafeRawPointer(memory.bytes.baseAddress))
    }

    /// Answers a question from an image in memory of `SLUICE_POLICY_BYTES` bytes, such as the kernel's active one.
    package static func classify(_ question: sluice_classification, image: UnsafeRawPointer?) -> sluice_classification {
        var answer = question
        guard let image else { preconditionFailure("a policy image without memory") }
        Classifier.classify(image: image, question: &answer)
        return answer
    }
}

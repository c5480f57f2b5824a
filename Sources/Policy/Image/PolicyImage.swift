import FlowCore
package import FlowLayout
import Glibc

/// The rules of a configuration, compiled to the block of memory that the classifier reads, in the kernel as here.
///
/// A change of policy is made by writing a whole image into the one of two places that does not judge, and then changing which one
/// does (NSG-8).
package struct PolicyImage: Sendable {
    /// The image's memory, freed with the last copy. Never written after the compiler is done.
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
    /// Bytes from the start that hold something: the rest is 0.
    package let usedBytes: Int
    /// Different sets of matching rules among all intervals.
    package let rowCount: Int
    /// Forwarding rules.
    package let ruleCount: Int
    package let hostRuleCount: Int
    /// The groups of treatments that the image's rules carry, by their first index, beyond ``TreatmentIndex/byClass``.
    package let treatmentsInUse: Set<UInt16>

    /// Compiles a configuration's rules and groups. Names and treatments that are new are given numbers.
    ///
    /// `zones` are the numbers of the zones; nil: as a new gateway gives them. `identitiesStillUsed` and `treatmentsStillUsed` tell
    /// the numbers that sessions, and the image that judges now, carry; they are asked only when numbers run out.
    ///
    /// - Throws: ``PolicyError`` where a limit is met; identities and treatments are as before then.
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

    /// Writes the image into the kernel's memory of `SLUICE_POLICY_BYTES` bytes, which must not be the one that judges.
    ///
    /// Nor may it be the one that judged until a moment ago: a packet on another CPU may still be judged by it. A judgement takes
    /// less than a microsecond and is not interrupted for long, so let some milliseconds pass between two changes of policy.
    package func write(to target: UnsafeMutableRawBufferPointer) {
        precondition(target.count >= Int(SLUICE_POLICY_BYTES), "\(target.count) bytes can't hold a policy image")
        // An image is read only where its own header leads, so what an older one has left behind it does not matter.
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory.bytes[..<usedBytes]))
    }

    /// Answers a question as the kernel does, by the same code.
    package func classify(_ question: sluice_classification) -> sluice_classification {
        PolicyImage.classify(question, image: UnsafeRawPointer(memory.bytes.baseAddress))
    }

    /// Answers a question by an image in memory of `SLUICE_POLICY_BYTES` bytes: for example the one that judges in the kernel.
    package static func classify(_ question: sluice_classification, image: UnsafeRawPointer?) -> sluice_classification {
        var answer = question
        guard let image else { preconditionFailure("a policy image without memory") }
        Classifier.classify(image: image, question: &answer)
        return answer
    }
}

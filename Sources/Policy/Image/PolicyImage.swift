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
    /// The indices of treatments that the image's rules carry, beyond ``TreatmentIndex/byClass``.
    package let treatmentsInUse: Set<UInt16>

    /// Compiles a configuration's rules. Names and treatments that are new are given numbers.
    ///
    /// `identitiesStillUsed` and `treatmentsStillUsed` tell the numbers that sessions, and the image that judges now, carry; they
    /// are asked only when numbers run out.
    ///
    /// - Throws: ``PolicyError`` where a limit is met; identities and treatments are as before then.
    package init(
        compiling configuration: Configuration, identities: inout RuleIdentities, treatments: inout TreatmentTable,
        identitiesStillUsed: (() -> Set<UInt16>)? = nil, treatmentsStillUsed: (() -> Set<UInt16>)? = nil
    ) throws(PolicyError) {
        var newIdentities = identities
        var newTreatments = treatments
        let names = (configuration.rules + configuration.hostRules).map(\.name)
        try newIdentities.assign(names, stillUsed: identitiesStillUsed)
        newTreatments.setClasses(configuration.timeouts)
        let ruleTreatments = RuleTreatments(configuration: configuration)
        let indices = try newTreatments.intern(ruleTreatments.distinct, stillUsed: treatmentsStillUsed)

        var compiler = PolicyImageCompiler()
        try compiler.add(configuration.rules, list: "rules", firstBit: 0, limit: ConfigurationLimits.rules)
        try compiler.add(
            configuration.hostRules, list: "hostRules", firstBit: PolicyImageLayout.firstHostBit,
            limit: ConfigurationLimits.hostRules)
        try compiler.writeFields(internalPrefixes: configuration.internalPrefixes)
        for (bit, rule) in compiler.rules {
            compiler.writeRecord(
                bit: bit, rule: rule, identity: newIdentities.identity(of: rule.name) ?? 0,
                treatments: ruleTreatments.treatments(of: rule).map {
                    $0.flatMap { indices[$0] } ?? TreatmentIndex.byClass
                })
        }
        compiler.writeHeader(ruleCount: configuration.rules.count, hostRuleCount: configuration.hostRules.count)

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

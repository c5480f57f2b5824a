import FlowCore
package import FlowLayout

/// The plain meaning of the rules: asks one after the other. The policy image must answer alike; tests hold one against the other.
package struct LinearEvaluator {
    private let configuration: Configuration
    private let identities: RuleIdentities
    private let treatments: TreatmentTable

    /// Judges by the rules of a configuration, with the numbers that its policy image was compiled with.
    package init(configuration: Configuration, identities: RuleIdentities, treatments: TreatmentTable) {
        self.configuration = configuration
        self.identities = identities
        self.treatments = treatments
    }

    /// Answers as ``PolicyImage/classify(_:)`` does.
    package func classify(_ question: sluice_classification) -> sluice_classification {
        let family: AddressFamily = question.family == 6 ? .ipv6 : .ipv4
        let source = NetworkAddress(family: family, layout: question.source)
        let destination = NetworkAddress(family: family, layout: question.destination)
        let sourceIsInternal = configuration.isInternal(source)
        let destinationIsInternal = configuration.isInternal(destination)

        var answer = question
        answer.sourceIsInternal = sourceIsInternal ? 1 : 0
        answer.destinationIsInternal = destinationIsInternal ? 1 : 0
        answer.allowed = 0
        answer.rule = 0
        answer.treatment = TreatmentIndex.byClass
        answer.ruleIndex = 0xFFFF
        let rules = question.forHost == 1 ? configuration.hostRules : configuration.rules
        for (index, rule) in rules.enumerated() {
            guard rule.protocolNumbers?.contains(question.protocol) ?? true, rule.source.contains(source),
                rule.destination.contains(destination), rule.sourcePorts.contains(question.sourcePort),
                rule.destinationPorts.contains(question.destinationPort)
            else { continue }
            answer.allowed = rule.access == .allow ? 1 : 0
            answer.rule = identities.identity(of: rule.name) ?? 0
            answer.ruleIndex = UInt16(index)
            let trafficClass: TrafficClass = sourceIsInternal && destinationIsInternal ? .eastWest : .northSouth
            answer.treatment = treatment(of: rule, ipProtocol: question.protocol, trafficClass)
            break
        }
        return answer
    }

    private func treatment(of rule: FirewallRule, ipProtocol: UInt8, _ trafficClass: TrafficClass) -> UInt16 {
        let timeouts = configuration.timeouts
        let timeout = rule.idleTimeoutNanoseconds.map { SessionTimeouts.scale($0, by: configuration.timeScale) }
        let wanted: Treatment
        if ipProtocol == 6 {
            guard timeout != nil || rule.onIdle != nil else { return TreatmentIndex.byClass }
            wanted = Treatment(
                timeoutNanoseconds: timeout ?? timeouts.idle(trafficClass),
                onIdle: rule.onIdle ?? timeouts.onIdle(trafficClass))
        } else {
            guard let timeout else { return TreatmentIndex.byClass }
            wanted = Treatment(timeoutNanoseconds: timeout, onIdle: .silent)
        }
        let index = treatments.entries.dropFirst(Int(TreatmentIndex.firstCustom)).firstIndex { $0 == wanted }
        return index.map { UInt16($0) } ?? TreatmentIndex.byClass
    }
}

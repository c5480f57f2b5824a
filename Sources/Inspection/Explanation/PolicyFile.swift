import FlowCore
import FlowLayout
package import Policy

/// The rules of a configuration file, compiled as in a gateway: for people and CI on machines without a gateway.
package struct PolicyFile: Sendable {
    package let configuration: Configuration
    private let image: PolicyImage
    private let describer: SessionDescriber

    /// - Throws: if the rules exceed the limits of the image.
    package init(_ configuration: Configuration, path: String) throws(InspectionError) {
        var identities = RuleIdentities()
        var zones = ZoneIdentities()
        zones.assign(configuration.zones.map(\.name))
        var treatments = TreatmentTable(timeouts: configuration.timeouts)
        do throws(PolicyError) {
            image = try PolicyImage(
                compiling: configuration, identities: &identities, treatments: &treatments, zones: zones)
        } catch {
            throw .configuration(
                ConfigurationErrors([ConfigurationError(file: path, key: "rules", message: "\(error)")]))
        }
        var table = [sluice_treatment](repeating: sluice_treatment(), count: Int(SLUICE_MAX_TREATMENTS))
        table.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { treatments.write(to: base) }
        }
        describer = SessionDescriber(
            nowNanoseconds: 0, ruleNames: identities.names,
            zoneNames: Dictionary(zones.identities.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first }),
            treatments: table, stateTimeouts: .notConfigured)
        self.configuration = configuration
    }

    /// The number of a zone for a question; nil if the file has no such zone.
    package func zoneNumber(_ name: String) -> UInt8? { describer.zoneNames.first { $0.value == name }?.key }

    /// What a packet would meet if the file were in force. There are no sessions.
    package func explain(_ question: FlowQuestion) -> PolicyExplanation {
        PolicyExplanation(
            question: question, answer: image.classify(question.classification), describer: describer, session: nil,
            trail: DecisionTrail(of: configuration, question: question, describer: describer))
    }

    /// The rules in the order of evaluation.
    ///
    /// - Parameter zone: only rules that can apply to traffic out of the zone, or into it; nil: all.
    package func rules(zone: String? = nil) -> [ActiveRule] {
        let identities = Dictionary(
            describer.ruleNames.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
        return ActiveRule.list(configuration, zone: zone) { (identities[$0] ?? 0, 0) }
    }
}

extension DecisionTrail {
    /// How the rule sets of a configuration decide about a question.
    init(of configuration: Configuration, question: FlowQuestion, describer: SessionDescriber) {
        self.init(
            of: configuration, sourceZone: describer.zoneName(question.sourceZone),
            destinationZone: describer.zoneName(question.destinationZone), source: question.source,
            destination: question.destination, sourcePort: question.sourcePort,
            destinationPort: question.destinationPort, ipProtocol: question.ipProtocol, forHost: question.forHost)
    }
}

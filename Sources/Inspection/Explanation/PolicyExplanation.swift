import FlowCore
package import FlowLayout
import Policy

/// What a packet of a 5-tuple meets: the rule that decides, what it makes of it, and the session that exists (NSG-7).
package struct PolicyExplanation: Codable, Equatable, Sendable {
    package var `protocol`: String
    package var source: SessionView.Endpoint
    package var destination: SessionView.Endpoint
    /// `Allow` or `Deny`, for a packet that begins a session.
    package var access: String
    /// The deciding rule; `none` where no rule matches, which denies.
    package var rule: String
    package var trafficClass: String
    package var direction: String
    /// Of a session that begins now; 0 where none would.
    package var idleTimeoutSeconds: Double
    package var onIdle: String
    /// The session of this 5-tuple, in either direction, whose packets pass without being judged by rules.
    package var session: SessionView?

    package init(
        question: FlowQuestion, answer: sluice_classification, describer: SessionDescriber, session: SessionView?
    ) {
        let treatment = PolicyExplanation.treatment(question: question, answer: answer)
        let entry = treatment < describer.treatments.count ? describer.treatments[treatment] : sluice_treatment()
        let isAllowed = answer.allowed != 0
        `protocol` = ProtocolName.write(question.ipProtocol)
        source = .init(address: question.source.description, port: question.sourcePort)
        destination = .init(address: question.destination.description, port: question.destinationPort)
        access = isAllowed ? "Allow" : "Deny"
        rule = describer.ruleName(answer.rule)
        trafficClass = "\(PolicyExplanation.isEastWest(answer) ? TrafficClass.eastWest : .northSouth)"
        let isInbound = answer.sourceIsInternal == 0 && answer.destinationIsInternal != 0
        direction = "\(isInbound ? SessionDirection.inbound : .outbound)"
        idleTimeoutSeconds = isAllowed ? TreatmentDuration.seconds(ticks: entry.timeoutTicks) : 0
        onIdle = isAllowed ? OnIdle(rawValue: entry.onIdle).map { "\($0)" } ?? "unknown" : "none"
        self.session = session
    }

    /// All keys, in every answer: a program that reads it need not ask which are there.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(`protocol`, forKey: .protocol)
        try container.encode(source, forKey: .source)
        try container.encode(destination, forKey: .destination)
        try container.encode(access, forKey: .access)
        try container.encode(rule, forKey: .rule)
        try container.encode(trafficClass, forKey: .trafficClass)
        try container.encode(direction, forKey: .direction)
        try container.encode(idleTimeoutSeconds, forKey: .idleTimeoutSeconds)
        try container.encode(onIdle, forKey: .onIdle)
        try container.encode(session, forKey: .session)
    }

    private static func isEastWest(_ answer: sluice_classification) -> Bool {
        answer.sourceIsInternal != 0 && answer.destinationIsInternal != 0
    }

    /// The index of the treatment: the rule's own, or that of the class.
    private static func treatment(question: FlowQuestion, answer: sluice_classification) -> Int {
        guard answer.treatment == TreatmentIndex.byClass else { return Int(answer.treatment) }
        let index =
            switch question.ipProtocol {
            case 6: isEastWest(answer) ? TreatmentIndex.eastWest : TreatmentIndex.northSouth
            case 17: TreatmentIndex.udp
            case 1, 58: TreatmentIndex.icmp
            default: TreatmentIndex.otherProtocol
            }
        return Int(index)
    }
}

import FlowCore
package import FlowLayout
package import Policy

/// What a packet of a 5-tuple meets: the rule that decides, what it makes of it, and the session that exists (NSG-7).
package struct PolicyExplanation: Codable, Equatable, Sendable {
    /// What one list of rules says, in the manner of IP flow verify: the deciding rule, and what it has kept from deciding.
    package struct Step: Codable, Equatable, Sendable {
        /// `outboundGroup`, `inboundGroup` or `ownRules`.
        package var stage: String
        /// The group's name; empty for own rules.
        package var group: String
        /// `none` where no rule matches, which denies.
        package var rule: String
        /// 0 where no rule matches.
        package var priority: Int
        package var access: String
        package var laterRules: [LaterRule]
    }

    /// A rule that would have matched later.
    package struct LaterRule: Codable, Equatable, Sendable {
        package var rule: String
        package var priority: Int
        package var access: String
    }

    package var `protocol`: String
    package var source: SessionView.Endpoint
    package var destination: SessionView.Endpoint
    /// `Allow` or `Deny`, for a packet that begins a session.
    package var access: String
    /// The deciding rule; `none` where no rule matches, which denies.
    package var rule: String
    /// Whose rule decides: `outboundGroup`, `inboundGroup` or `ownRules`.
    package var stage: String
    /// The rule of the last group that was asked; `none` where none was.
    package var groupRule: String
    /// `none` where it was not told.
    package var zones: SessionView.Zones
    /// The lists that have a say, in the order in which they are asked; those after a denial are not asked.
    package var steps: [Step]
    package var trafficClass: String
    package var direction: String
    /// Of a session that begins now; 0 where none would.
    package var idleTimeoutSeconds: Double
    package var onIdle: String
    /// The session of this 5-tuple, in either direction, whose packets pass without being judged by rules.
    package var session: SessionView?

    package init(
        question: FlowQuestion, answer: sluice_classification, describer: SessionDescriber, session: SessionView?,
        trail: DecisionTrail = DecisionTrail()
    ) {
        let treatment = Int(answer.treatment)
        let entry = treatment < describer.treatments.count ? describer.treatments[treatment] : sluice_treatment()
        let isAllowed = answer.allowed != 0
        `protocol` = ProtocolName.write(question.ipProtocol)
        source = .init(address: question.source.description, port: question.sourcePort)
        destination = .init(address: question.destination.description, port: question.destinationPort)
        access = isAllowed ? "Allow" : "Deny"
        rule = describer.ruleName(answer.rule)
        stage = PolicyStage(rawValue: answer.stage).map { "\($0)" } ?? "unknown"
        groupRule = describer.ruleName(answer.groupRule)
        zones = .init(
            source: describer.zoneName(question.sourceZone), destination: describer.zoneName(question.destinationZone))
        steps = trail.steps.map { step in
            Step(
                stage: "\(step.stage)", group: step.group, rule: step.decidingRule?.name ?? "none",
                priority: step.decidingRule?.priority ?? 0, access: step.isAllowed ? "Allow" : "Deny",
                laterRules: step.laterRules.map {
                    LaterRule(rule: $0.name, priority: $0.priority, access: $0.access.rawValue)
                })
        }
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
        try container.encode(stage, forKey: .stage)
        try container.encode(groupRule, forKey: .groupRule)
        try container.encode(zones, forKey: .zones)
        try container.encode(steps, forKey: .steps)
        try container.encode(trafficClass, forKey: .trafficClass)
        try container.encode(direction, forKey: .direction)
        try container.encode(idleTimeoutSeconds, forKey: .idleTimeoutSeconds)
        try container.encode(onIdle, forKey: .onIdle)
        try container.encode(session, forKey: .session)
    }

    private static func isEastWest(_ answer: sluice_classification) -> Bool {
        answer.sourceIsInternal != 0 && answer.destinationIsInternal != 0
    }

}

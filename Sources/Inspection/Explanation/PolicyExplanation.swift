import FlowCore
package import FlowLayout
package import Policy

/// What happens to a packet of a 5-tuple: the deciding rule, its decision, and the session that exists (NSG-7).
package struct PolicyExplanation: Codable, Equatable, Sendable {
    /// The decision of one rule set, in the style of IP flow verify: the deciding rule, and the later rules that match
    /// too.
    package struct Step: Codable, Equatable, Sendable {
        /// `outboundGroup`, `inboundGroup` or `ownRules`.
        package var stage: String
        /// The group's name; empty for the firewall's own rules.
        package var group: String
        /// `none` if no rule matches, which denies.
        package var rule: String
        /// 0 if no rule matches.
        package var priority: Int
        package var access: String
        package var laterRules: [LaterRule]
    }

    /// A rule with lower precedence that matches too.
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
    /// The deciding rule; `none` if no rule matches, which denies.
    package var rule: String
    /// Which rule set decides: `outboundGroup`, `inboundGroup` or `ownRules`.
    package var stage: String
    /// The rule of the last group that was evaluated; `none` if there was no group.
    package var groupRule: String
    /// `none` if no zone was given.
    package var zones: SessionView.Zones
    /// The rule sets in the order of evaluation. Sets after a denial are not evaluated.
    package var steps: [Step]
    package var trafficClass: String
    package var direction: String
    /// For a session that begins now; 0 if it is denied.
    package var idleTimeoutSeconds: Double
    package var onIdle: String
    /// The existing session of this 5-tuple, in either direction. Its packets pass without an evaluation of rules.
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

    /// Encodes all keys in every answer, so that programs need not check for missing ones.
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

import FlowCore
import FlowLayout

@testable import Policy

/// The plain meaning of the rules: evaluates one after the other. The policy image is compared with this oracle.
struct LinearEvaluator {
    private let configuration: Configuration
    private let identities: RuleIdentities
    private let treatments: TreatmentTable
    private let zones: ZoneIdentities
    /// By group's name and direction.
    private var groupRules: [String: [FirewallRule]] = [:]

    /// Evaluates the rules of a configuration, with the numbers that its policy image was compiled with.
    init(
        configuration: Configuration, identities: RuleIdentities, treatments: TreatmentTable,
        zones: ZoneIdentities? = nil
    ) {
        var zoneNumbers = zones ?? ZoneIdentities()
        if zones == nil { zoneNumbers.assign(configuration.zones.map(\.name)) }
        self.zones = zoneNumbers
        for group in configuration.groupsInUse {
            for direction in RuleDirection.allCases {
                groupRules["\(group.name) \(direction)"] = group.effectiveRules(
                    direction, in: configuration.addressBook)
            }
        }
        self.configuration = configuration
        self.identities = identities
        self.treatments = treatments
    }

    /// Gives the same answer as ``PolicyImage/classify(_:)``.
    func classify(_ question: sluice_classification) -> sluice_classification {
        let family: AddressFamily = question.family == 6 ? .ipv6 : .ipv4
        let source = NetworkAddress(family: family, layout: question.source)
        let destination = NetworkAddress(family: family, layout: question.destination)
        let sourceIsInternal = configuration.isInternal(source)
        let destinationIsInternal = configuration.isInternal(destination)

        var answer = question
        answer.sourceIsInternal = sourceIsInternal ? 1 : 0
        answer.destinationIsInternal = destinationIsInternal ? 1 : 0
        answer.groupRule = 0
        answer.stage = PolicyStage.ownRules.rawValue
        if question.forHost != 1 {
            for (zone, direction, stage) in [
                (question.sourceZone, RuleDirection.outbound, PolicyStage.outboundGroup),
                (question.destinationZone, .inbound, .inboundGroup),
            ] {
                guard let group = group(ofZone: zone), question.reevaluates != 1 || group.flushConnection else {
                    continue
                }
                decide(groupRules["\(group.name) \(direction)"] ?? [], source, destination, &answer)
                answer.groupRule = answer.rule
                if answer.allowed == 0 {
                    answer.stage = stage.rawValue
                    return answer
                }
            }
        }
        decide(
            question.forHost == 1 ? configuration.hostRules : configuration.rules, source, destination, &answer)
        return answer
    }

    /// The group of a zone.
    private func group(ofZone zone: UInt8) -> NetworkSecurityGroup? {
        guard let name = zones.name(of: zone), let zone = configuration.zones.first(where: { $0.name == name }) else {
            return nil
        }
        return configuration.groups.first { $0.name == zone.networkSecurityGroup }
    }

    /// Evaluates the rules of a list one after the other.
    private func decide(
        _ rules: [FirewallRule], _ source: NetworkAddress, _ destination: NetworkAddress,
        _ answer: inout sluice_classification
    ) {
        let question = answer
        answer.allowed = 0
        answer.rule = 0
        let trafficClass: TrafficClass =
            question.sourceIsInternal == 1 && question.destinationIsInternal == 1 ? .eastWest : .northSouth
        let groups: [UInt8: ProtocolGroup] = [1: .icmp, 6: .tcp, 17: .udp, 58: .icmp]
        let kind = UInt16(SessionKind(trafficClass, groups[question.protocol] ?? .other).index)
        answer.treatment = kind
        answer.ruleIndex = 0xFFFF
        for (index, rule) in rules.enumerated() {
            guard rule.protocolNumbers?.contains(question.protocol) ?? true, rule.source.contains(source),
                rule.destination.contains(destination), rule.sourcePorts.contains(question.sourcePort),
                rule.destinationPorts.contains(question.destinationPort)
            else { continue }
            answer.allowed = rule.access == .allow ? 1 : 0
            answer.rule = identities.identity(of: rule.name) ?? 0
            answer.ruleIndex = UInt16(index)
            answer.treatment = treatment(of: rule, ipProtocol: question.protocol, trafficClass) + kind
            return
        }
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
        let first = stride(from: 8, to: UInt16(SLUICE_MAX_TREATMENTS), by: 8).first { treatments[$0] == wanted }
        return first ?? TreatmentIndex.byClass
    }
}

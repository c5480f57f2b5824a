import FlowCore

/// What a rule's `idleTimeout` and `onIdle` mean for each class of sessions (IDLE-5). What the rule does not set comes
/// from the class. Only TCP sessions are reset or probed.
struct RuleTreatments {
    private let timeouts: SessionTimeouts
    private let timeScale: Double
    /// The treatments that need an index.
    private(set) var distinct: [Treatment] = []

    init(configuration: Configuration) {
        self.timeouts = configuration.timeouts
        self.timeScale = configuration.timeScale
        var seen: Set<Treatment> = []
        for rule in configuration.rules {
            for case .some(let treatment) in treatments(of: rule) where seen.insert(treatment).inserted {
                distinct.append(treatment)
            }
        }
    }

    /// By column of the rule's record (`PolicyImageLayout.RuleRecord`); nil: the class's treatment.
    func treatments(of rule: FirewallRule) -> [Treatment?] {
        let timeout = rule.idleTimeoutNanoseconds.map { SessionTimeouts.scale($0, by: timeScale) }
        let tcp = TrafficClass.allCases.map { trafficClass -> Treatment? in
            guard timeout != nil || rule.onIdle != nil else { return nil }
            return Treatment(
                timeoutNanoseconds: timeout ?? timeouts.idle(trafficClass),
                onIdle: rule.onIdle ?? timeouts.onIdle(trafficClass))
        }
        let others = timeout.map { Treatment(timeoutNanoseconds: $0, onIdle: .silent) }
        return tcp + [others, others, others]
    }
}

package import FlowCore
package import FlowLayout

/// Which sessions that live a change of policy judges again, and by what question (NSG-3).
package enum Reevaluation {
    /// Whether a session in this state can be ended by a change of policy: later ones are on their way out already.
    package static func concerns(_ word: ControlWord) -> Bool {
        switch word.state {
        case .synSent, .synReceived, .established, .closing: true
        case .free, .closed, .resetting, .ending, .ended, .beginning, .abandoned, nil: false
        }
    }

    /// What was asked when the session's first packet came, as of a session that lives: groups without `flushConnection` are not
    /// asked again.
    package static func question(_ session: sluice_session) -> sluice_classification {
        let originatorIsLow = session.flags & SessionFlags.originatorIsLow != 0
        var question = sluice_classification()
        question.source = session.key.source(isLow: originatorIsLow)
        question.destination = session.key.destination(sourceIsLow: originatorIsLow)
        question.sourcePort = session.key.sourcePort(isLow: originatorIsLow)
        question.destinationPort = session.key.destinationPort(sourceIsLow: originatorIsLow)
        question.protocol = session.key.protocol
        question.family = session.key.family
        question.sourceZone = session.originator.zone
        question.destinationZone = session.responder.zone
        question.reevaluates = 1
        return question
    }
}

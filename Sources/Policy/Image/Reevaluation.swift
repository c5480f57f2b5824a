package import FlowCore
package import FlowLayout

/// Which live sessions a change of policy evaluates again, and with what question (NSG-3).
package enum Reevaluation {
    /// Whether a change of policy can end a session in this state. In later states the session is already ending.
    package static func concerns(_ word: ControlWord) -> Bool {
        switch word.state {
        case .synSent, .synReceived, .established, .closing: true
        case .free, .closed, .resetting, .ending, .ended, .beginning, .abandoned, nil: false
        }
    }

    /// The question that the session's first packet asked, marked as one of a live session: groups without
    /// `flushConnection` are not evaluated again.
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

import FlowCore
import FlowLayout
import Kernel
import Policy

extension GatewayInspector {
    /// Asks the evaluator that judges packets, with the policy that is live, and looks the session up.
    package func explain(_ question: FlowQuestion) throws(InspectionError) -> PolicyExplanation {
        let answer: sluice_classification
        do {
            answer = try datapath.classify(question.classification)
        } catch {
            throw .kernel(error)
        }
        let describer = describer()
        let configuration = try directory.configuration()
        let trail = DecisionTrail(
            of: configuration, sourceZone: describer.zoneName(question.sourceZone),
            destinationZone: describer.zoneName(question.destinationZone), source: question.source,
            destination: question.destination, sourcePort: question.sourcePort,
            destinationPort: question.destinationPort, ipProtocol: question.ipProtocol, forHost: question.forHost)
        return PolicyExplanation(
            question: question, answer: answer, describer: describer, session: session(of: question), trail: trail)
    }

    /// The session of a 5-tuple, whichever end opened it.
    private func session(of question: FlowQuestion) -> SessionView? {
        let (key, _) = sluice_session_key.of(
            source: question.source.layout, destination: question.destination.layout, sourcePort: question.sourcePort,
            destinationPort: question.destinationPort, protocol: question.ipProtocol,
            family: question.source.family.rawValue)
        guard let flow = datapath.flow(key) else { return nil }
        return session(
            SessionIdentifier(slot: flow.slot, generation: UInt16(truncatingIfNeeded: flow.generation)))
    }
}

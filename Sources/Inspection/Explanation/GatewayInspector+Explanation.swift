import FlowCore
import FlowLayout
import Kernel
package import Policy

extension GatewayInspector {
    /// Asks the evaluator that judges packets, with the policy that is live, and looks the session up.
    ///
    /// - Parameter configuration: the active one, which whoever asks has read already.
    package func explain(
        _ question: FlowQuestion, configuration: Configuration
    ) throws(InspectionError) -> PolicyExplanation {
        let answer: sluice_classification
        do {
            answer = try datapath.classify(question.classification)
        } catch {
            throw .kernel(error)
        }
        let describer = describer()
        let trail = DecisionTrail(of: configuration, question: question, describer: describer)
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

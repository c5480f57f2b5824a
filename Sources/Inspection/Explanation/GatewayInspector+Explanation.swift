import FlowCore
import FlowLayout
import Kernel
package import Policy

extension GatewayInspector {
    /// Evaluates the 5-tuple with the live policy and the evaluator that packets meet, and looks up the session.
    ///
    /// - Parameter configuration: the active one, which the caller has already read.
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

    /// The session of a 5-tuple, in either direction. For ICMP echo the source port is the identifier. The source is
    /// taken as the end that sent the request, unless a session exists only for the other end.
    private func session(of question: FlowQuestion) -> SessionView? {
        let isEcho = question.ipProtocol == (question.source.family == .ipv4 ? IPProtocol.icmp : IPProtocol.icmpv6)
        let (found, sourceIsLow) = sluice_session_key.of(
            source: question.source.layout, destination: question.destination.layout, sourcePort: question.sourcePort,
            destinationPort: isEcho ? question.sourcePort : question.destinationPort, protocol: question.ipProtocol,
            family: question.source.family.rawValue)
        var key = found
        if isEcho { key.setEchoAsker(isLow: sourceIsLow) }
        if let session = session(of: key) { return session }
        guard isEcho else { return nil }
        key.setEchoAsker(isLow: !sourceIsLow)
        return session(of: key)
    }

    private func session(of key: sluice_session_key) -> SessionView? {
        guard let flow = datapath.findFlow(key) else { return nil }
        return session(
            SessionIdentifier(slot: flow.slot, generation: UInt16(truncatingIfNeeded: flow.generation)))
    }
}

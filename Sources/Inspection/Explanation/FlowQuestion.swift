package import FlowLayout
package import Policy

/// A 5-tuple to be explained.
package struct FlowQuestion: Equatable, Sendable {
    package var ipProtocol: UInt8
    package var source: NetworkAddress
    package var sourcePort: UInt16
    package var destination: NetworkAddress
    package var destinationPort: UInt16
    /// Whether it is for the gateway itself, so that the host rules apply.
    package var forHost: Bool
    /// Numbers of the ingress and egress zones; 0: a zone without a group.
    package var sourceZone: UInt8
    package var destinationZone: UInt8

    /// Both addresses must be of the same family.
    package init(
        ipProtocol: UInt8, source: NetworkAddress, sourcePort: UInt16, destination: NetworkAddress,
        destinationPort: UInt16, forHost: Bool = false, sourceZone: UInt8 = 0, destinationZone: UInt8 = 0
    ) {
        precondition(source.family == destination.family, "\(source) and \(destination) are of different families")
        self.ipProtocol = ipProtocol
        self.source = source
        self.sourcePort = sourcePort
        self.destination = destination
        self.destinationPort = destinationPort
        self.forHost = forHost
        self.sourceZone = sourceZone
        self.destinationZone = destinationZone
    }

    /// The question in the format of the classifier.
    package var classification: sluice_classification {
        var question = sluice_classification()
        question.source = source.layout
        question.destination = destination.layout
        question.sourcePort = sourcePort
        question.destinationPort = destinationPort
        question.protocol = ipProtocol
        question.family = source.family.rawValue
        question.forHost = forHost ? 1 : 0
        question.sourceZone = sourceZone
        question.destinationZone = destinationZone
        return question
    }
}

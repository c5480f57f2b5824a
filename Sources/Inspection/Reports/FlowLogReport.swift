package import FlowLog

/// `sluice flow-log query --json`: the sums of a log.
package struct FlowLogReport: Encodable, Sendable {
    package struct Talker: Encodable, Sendable {
        package let source: String
        package let destination: String
        package let destinationPort: UInt16
        package let `protocol`: String
        package let sum: FlowLogSums.Sum
    }

    package let omitted: Omissions
    package let unreadable: Int
    package let total: FlowLogSums.Sum
    package let rules: [String: FlowLogSums.Sum]
    package let topTalkers: [Talker]

    /// - Parameter top: how many pairs of ends with the most bytes.
    package init(_ sums: FlowLogSums, top: Int) {
        omitted = sums.omitted
        unreadable = sums.unreadable
        total = sums.total
        rules = sums.rules
        topTalkers = sums.topTalkers(top).map { talker, sum in
            Talker(
                source: talker.source, destination: talker.destination, destinationPort: talker.destinationPort,
                protocol: ProtocolName.write(talker.ipProtocol), sum: sum)
        }
    }
}

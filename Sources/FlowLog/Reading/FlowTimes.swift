/// The lengths of TCP flows and the gaps between their packets, as far as a log shows them (CAST-2).
///
/// A tuple has counts since the flow's previous one. So single gaps are not known, only their mean between two tuples: B,
/// then a C every 5 minutes, then E. Times without any packet are added up until the next packet.
package struct FlowTimes: Sendable {
    /// Equal gaps.
    package struct Gaps: Hashable, Sendable {
        package var seconds: Double
        package var count: UInt64

        package init(seconds: Double, count: UInt64) {
            self.seconds = seconds
            self.count = count
        }
    }

    /// Flows that began and ended in the log, in seconds.
    package private(set) var lengths: [Double] = []
    package private(set) var gaps: [Gaps] = []
    private var open: [Flow: Progress] = [:]

    private struct Flow: Hashable {
        var macAddress: String
        var source: String
        var destination: String
        var sourcePort: UInt16
        var destinationPort: UInt16
    }

    private struct Progress {
        /// nil: the log does not have the begin.
        var beganAt: UInt64?
        /// The time of the last tuple with a packet.
        var packetAt: UInt64
    }

    package init() {}

    /// Flows that had begun and not ended yet.
    package var openFlows: Int { open.count }

    /// Adds a tuple. Those of a flow are in order of time.
    package mutating func add(_ item: FlowLogDocument.Item) {
        let tuple = item.tuple
        guard tuple.ipProtocol == 6, tuple.decision == .allowed else { return }
        let flow = Flow(
            macAddress: item.macAddress, source: tuple.source, destination: tuple.destination,
            sourcePort: tuple.sourcePort, destinationPort: tuple.destinationPort)
        guard tuple.state != .begin, var progress = open[flow] else {
            // Without its begin, a flow's first counts belong to an unknown time.
            let isBegin = tuple.state == .begin
            if tuple.state != .end {
                open[flow] = Progress(beganAt: isBegin ? tuple.time : nil, packetAt: tuple.time)
            }
            return
        }
        let packets = tuple.counters.packets
        if packets > 0, tuple.time > progress.packetAt {
            let seconds = Double(tuple.time - progress.packetAt) / 1e9
            gaps.append(Gaps(seconds: seconds / Double(packets), count: packets))
            progress.packetAt = tuple.time
        }
        open[flow] = tuple.state == .end ? nil : progress
        guard tuple.state == .end, let beganAt = progress.beganAt, tuple.time > beganAt else { return }
        lengths.append(Double(tuple.time - beganAt) / 1e9)
    }

    /// At most `most` gaps in order of their lengths, each for the same number of real ones.
    package func sampledGaps(most: Int) -> [Double] {
        let sorted = gaps.sorted { $0.seconds < $1.seconds }
        let total = sorted.reduce(UInt64(0)) { $0 + $1.count }
        let wanted = min(UInt64(max(most, 1)), total)
        var samples: [Double] = []
        var passed: UInt64 = 0
        for gap in sorted {
            passed += gap.count
            // The sample number n covers the gaps from n * total / wanted on.
            while UInt64(samples.count) < wanted, position(samples.count, total: total, wanted: wanted) < passed {
                samples.append(gap.seconds)
            }
        }
        return samples
    }

    private func position(_ number: Int, total: UInt64, wanted: UInt64) -> UInt64 {
        let (high, low) = UInt64(number).multipliedFullWidth(by: total)
        return wanted.dividingFullWidth((high, low)).quotient
    }
}

internal import FlowCore
internal import Kernel

/// Sends segments by a raw socket. If routing may depend on more than the destination, they take the route of the session's own packets
/// instead, which a socket's routing does not know.
final class InjectorOutlet: SegmentOutlet {
    private let injector: SegmentInjector
    private let datapath: Datapath
    private var batch = RawSegmentBatch()

    init(datapath: Datapath) throws(KernelError) {
        injector = try SegmentInjector()
        self.datapath = datapath
    }

    func send(_ segments: [TCPSegment]) -> (sent: Int, failed: Int) {
        guard !datapath.routesByDestination(now: MonotonicClock.nanoseconds()) else { return sendBySocket(segments) }
        let interfaces = datapath.interfaces.indices
        let others = segments.filter { !sendLikeForwarded($0, interfaces) }
        let rest = sendBySocket(others)
        return (segments.count - others.count + rest.sent, rest.failed)
    }

    /// Sends a segment as if it had arrived at the interface behind which its source is: the one whose packets are routed there.
    private func sendLikeForwarded(_ segment: TCPSegment, _ interfaces: [Int]) -> Bool {
        var bytes = [UInt8](repeating: 0, count: TCPSegment.maximumLength)
        let length = bytes.withUnsafeMutableBytes { memory in memory.baseAddress.map { segment.write(to: $0) } ?? 0 }
        bytes.removeLast(bytes.count - length)
        return interfaces.contains { index in
            (try? datapath.send(bytes, family: segment.family, asFrom: index)) ?? false
        }
    }

    private func sendBySocket(_ segments: [TCPSegment]) -> (sent: Int, failed: Int) {
        batch.removeAll()
        for segment in segments {
            batch.append(family: segment.family == 4 ? 4 : 6, destination: segment.destination) { memory in
                memory.baseAddress.map { segment.write(to: $0) } ?? 0
            }
        }
        let outcome = injector.send(batch)
        return (outcome.sent, outcome.failed)
    }
}

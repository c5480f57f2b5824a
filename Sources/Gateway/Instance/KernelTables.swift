internal import FlowCore
internal import FlowLayout
internal import Kernel

/// The flow index and the time stamps that are shared with the kernel.
struct KernelFlowTable: FlowTable {
    let datapath: Datapath

    func remove(_ key: sluice_session_key, slot: UInt32) { datapath.removeFlow(key, slot: slot) }
    func timestamps(slot: UInt32) -> sluice_timestamps? { datapath.timestamps(slot: slot) }
    func removeTimestamps(slot: UInt32) { datapath.removeTimestamps(slot: slot) }
}

extension SessionTable {
    /// The memory of a datapath, as seen by one of its instances.
    init(_ datapath: Datapath, instanceIdentifier: UInt16) {
        self.init(
            slotCount: datapath.slotCount, slabShift: datapath.slabShift, sessions: datapath.sessions,
            words: datapath.words, freeRing: datapath.freeRing, slabs: datapath.slabs,
            treatments: datapath.treatments, runtime: datapath.runtime, sources: datapath.sources,
            tallies: datapath.tallies, instances: datapath.instances, instanceIdentifier: instanceIdentifier)
    }
}

/// The way out of a raw socket; or, as long as routing may look at more than where a packet goes to, the way of the session's own packets,
/// which a socket's routing does not know.
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

    /// Sends a segment as if it had come in by the interface that its source lives behind: the one whose packets get there.
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

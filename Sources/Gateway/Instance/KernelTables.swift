internal import FlowCore
internal import FlowLayout
internal import Kernel

/// The flow index that is shared with the kernel.
struct KernelFlowTable: FlowTable {
    let datapath: Datapath

    func remove(_ key: sluice_session_key, slot: UInt32) { datapath.removeFlow(key, slot: slot) }
}

extension SessionTable {
    /// The memory of a datapath, as seen by one of its instances.
    init(_ datapath: Datapath, instanceIdentifier: UInt16) {
        self.init(
            slotCount: datapath.slotCount, slabShift: datapath.slabShift, sessions: datapath.sessions,
            words: datapath.words, freeRing: datapath.freeRing, slabs: datapath.slabs,
            treatments: datapath.treatments, runtime: datapath.runtime, instances: datapath.instances,
            instanceIdentifier: instanceIdentifier)
    }
}

/// The way out of a raw socket.
final class InjectorOutlet: SegmentOutlet {
    private let injector: SegmentInjector
    private var batch = RawSegmentBatch()

    init() throws(KernelError) { injector = try SegmentInjector() }

    func send(_ segments: [TCPSegment]) -> (sent: Int, failed: Int) {
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

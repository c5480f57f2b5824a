import FlowCore
import FlowLayout
import Kernel

/// The sessions and activity of a gateway's instances, read from its shared memory.
struct InstanceMemory {
    private let datapath: Datapath

    init(gateway: String) throws {
        datapath = try Datapath.open(gateway: gateway)
    }

    /// Slabs of an instance that contain sessions.
    func slabsInUse(of instance: Int) -> [Int] {
        (0..<datapath.table.slabCount).filter { owner(of: $0) == instance && isInUse($0) }
    }

    /// 0: none.
    func owner(of slab: Int) -> Int { Int(sluice_load32(&datapath.table.slabs[slab].owner)) }

    /// Established sessions of an instance.
    func established(of instance: Int) -> Int {
        slabsInUse(of: instance).reduce(0) { count, slab in
            let slots =
                slab << datapath.table.slabShift..<min((slab + 1) << datapath.table.slabShift, datapath.table.slotCount)
            return count
                + slots.count { ControlWord(rawValue: sluice_load64(datapath.table.words + $0)).isState(.established) }
        }
    }

    /// The number of passes over its slabs that an instance has made.
    func passes(of instance: Int) -> UInt64 { sluice_load64(&datapath.table.instances[instance].scanCount) }

    /// The number of RST segments that an instance has sent.
    func resetsSent(by instance: Int) -> UInt64 { sluice_load64(&datapath.table.instances[instance].resetsSent) }

    func resetsFailed(by instance: Int) -> UInt64 { sluice_load64(&datapath.table.instances[instance].resetsFailed) }

    private func isInUse(_ slab: Int) -> Bool {
        SlabRing.count(datapath.table.slabs + slab) < UInt32(1 << datapath.table.slabShift)
    }
}

internal import FlowLayout
import Glibc
package import Kernel

/// The load of an instance between two samples.
package struct InstanceLoad: Equatable, Sendable {
    package var packetsPerSecond = 0.0
    /// Forwarded bits, counted at layer 3.
    package var bitsPerSecond = 0.0
    /// Processors that its own process used: 1 is one processor, all the time.
    package var processProcessors = 0.0
    /// Processors that the kernel program used for its packets: an estimate, see ``LoadMeter``.
    package var datapathProcessors = 0.0

    package init() {}

    package var processors: Double { processProcessors + datapathProcessors }
}

/// Measures the load of instances between samples.
///
/// *Throughput* comes from the datapath's counters for each slab. The packets forwarded between two samples count for the instance that
/// owns the slab at the second sample.
///
/// *Processor time* is the CPU time of the instance's process, plus its share of the datapath's. The latter is an estimate. At each
/// sample the kernel's run statistics are enabled for 20 ms, which shows how many processors the kernel program uses at that moment.
/// These are divided among the instances by the packets that were forwarded for each since the last sample. Kernel work around the
/// program (drivers, redirecting) is not included.
package struct LoadMeter {
    private struct Sample {
        var nanoseconds: UInt64
        var packets: [UInt64]
        var bytes: [UInt64]
        var processor: [UInt16: (process: Int32, nanoseconds: UInt64)]
    }

    private let datapath: Datapath
    private let sharing: SlabSharing
    private var last: Sample?
    /// Processors that the kernel program used for all instances, between the last two samples.
    package private(set) var datapathProcessors = 0.0

    package init(datapath: Datapath) {
        self.datapath = datapath
        sharing = SlabSharing(table: datapath.table.seen(by: SlabSharing.pool))
    }

    /// Takes a sample; call it periodically. Waits for `watchMicroseconds`.
    ///
    /// - Parameters:
    ///   - processes: of the instances, by identifier.
    ///   - now: CLOCK_MONOTONIC, nanoseconds.
    /// - Returns: the load of each instance since the last sample; empty at the first one.
    package mutating func sample(
        processes: [UInt16: Int32], now: UInt64, watchMicroseconds: UInt32 = 20_000
    ) -> [UInt16: InstanceLoad] {
        let traffic = datapath.slabTraffic()
        var processor: [UInt16: (process: Int32, nanoseconds: UInt64)] = [:]
        for (instance, process) in processes {
            if let spent = ProcessorTime.ofProcess(process) { processor[instance] = (process, spent) }
        }
        let sample = Sample(
            nanoseconds: now, packets: traffic.map(\.packets), bytes: traffic.map(\.bytes), processor: processor)
        defer { last = sample }
        guard let last, now > last.nanoseconds else { return [:] }
        let seconds = Double(now - last.nanoseconds) / 1e9
        var result: [UInt16: InstanceLoad] = [:]
        for instance in processes.keys { result[instance] = InstanceLoad() }
        var packets = 0.0
        for slab in sample.packets.indices {
            let forwarded = Double(sample.packets[slab] &- last.packets[slab])
            guard forwarded > 0 else { continue }
            packets += forwarded
            let owner = sharing.owner(of: slab)
            result[owner, default: InstanceLoad()].packetsPerSecond += forwarded / seconds
            result[owner, default: InstanceLoad()].bitsPerSecond +=
                Double(sample.bytes[slab] &- last.bytes[slab]) * 8 / seconds
        }
        datapathProcessors = packets > 0 ? watch(microseconds: watchMicroseconds) : 0
        for (instance, load) in result where packets > 0 {
            result[instance]?.datapathProcessors = datapathProcessors * load.packetsPerSecond * seconds / packets
        }
        for (instance, now) in sample.processor {
            guard let before = last.processor[instance], before.process == now.process,
                now.nanoseconds >= before.nanoseconds
            else { continue }
            result[instance, default: InstanceLoad()].processProcessors =
                Double(now.nanoseconds - before.nanoseconds) / 1e9 / seconds
        }
        return result
    }

    /// The processors that the kernel program uses at the moment.
    private func watch(microseconds: UInt32) -> Double {
        guard let statistics = try? RunStatistics.sample(datapath: datapath, microseconds: microseconds),
            microseconds > 0
        else { return 0 }
        return Double(statistics.nanoseconds) / (Double(microseconds) * 1000)
    }
}

/// Processor time that a process has used.
package enum ProcessorTime {
    /// Time of all its threads, in user and system mode, in nanoseconds; nil if the process has ended.
    package static func ofProcess(_ process: Int32) -> UInt64? {
        var clock = clockid_t()
        guard process > 0, clock_getcpuclockid(process, &clock) == 0 else { return nil }
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

internal import CLibBPF
internal import FlowCore
package import FlowLayout
import Glibc

/// A watch over packets. While it exists, the kernel program writes a copy of each wanted packet's headers, with the
/// verdict, into a ring.
///
/// Only one watch may exist at a time, in all processes: hold a lock while it exists. Its ring is created and removed
/// with it. The kernel program watches for a lease of two seconds, so a process that ends without cleaning up leaves
/// nothing that costs packets anything: call ``renew()`` each second. A packet never waits: what exceeds a tick's
/// budget or the ring is omitted, and counted (``omitted()``).
package final class PacketWatch {
    /// Which packets are recorded.
    package enum Subject: Sendable { case drops, everyPacket }

    /// How long the kernel program continues without a renewal of the watch.
    package static let leaseNanoseconds: UInt64 = 2_000_000_000

    private let datapath: Datapath
    private let subject: Subject
    private let ring: RingReader
    private let omittedBefore: UInt64

    /// Starts the watch.
    ///
    /// - Parameters:
    ///   - wanted: what to record; it may let more packets pass than the reader wants.
    ///   - ringBytes: a power of two, and whole pages.
    package init(
        datapath: Datapath, subject: Subject, wanted: sluice_watch, ringBytes: UInt32 = 1 << 18
    ) throws(KernelError) {
        self.datapath = datapath
        self.subject = subject
        let number = try SystemCall.check("creating the ring of packets that are watched") {
            bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sluice_watched", 0, 0, ringBytes, nil)
        }
        let map = try KernelMap(name: MapName.watched, descriptor: FileDescriptor(number))
        ring = try RingReader(map)
        omittedBefore = datapath.omittedPackets()
        datapath.watch.pointee = wanted
        // The lease comes first: whoever finds an expired lease removes the ring as well.
        renew()
        try SystemCall.check("inserting the ring of packets that are watched") {
            var key: UInt32 = 0
            var value = number
            return bpf_map_update_elem(datapath.map(MapName.watched).fileDescriptor, &key, &value, 0)
        }
    }

    deinit { datapath.endWatch() }

    /// Renews the lease: the kernel program continues to watch.
    package func renew() {
        let end = max(Tick.of(nanoseconds: MonotonicClock.nanoseconds() + Self.leaseNanoseconds), 1)
        sluice_store32(&datapath.table.runtime.pointee.packetWatchEnd, subject == .everyPacket ? end : 0)
        sluice_store32(&datapath.table.runtime.pointee.dropWatchEnd, end)
    }

    /// Passes on the available records, oldest first, without waiting. Returns how many.
    @discardableResult
    package func drain(atMost limit: Int = 65_536, _ body: (sluice_watched_packet) -> Void) -> Int {
        ring.drain(atMost: limit) { record in
            guard record.count >= MemoryLayout<sluice_watched_packet>.size else { return }
            body(record.loadUnaligned(as: sluice_watched_packet.self))
        }
    }

    /// Packets that were wanted but have no record, since the watch began.
    package func omitted() -> UInt64 { datapath.omittedPackets() &- omittedBefore }
}

extension Datapath {
    /// Whether a watch has expired that nobody has ended: its process was killed.
    package func hasAbandonedWatch(now: UInt64) -> Bool {
        let end = sluice_load32(&table.runtime.pointee.dropWatchEnd)
        return end != 0 && Int32(bitPattern: end &- Tick.of(nanoseconds: now)) <= 0
    }

    /// Ends any watch, and removes its ring from the kernel.
    package func endWatch() {
        sluice_store32(&table.runtime.pointee.dropWatchEnd, 0)
        sluice_store32(&table.runtime.pointee.packetWatchEnd, 0)
        map(MapName.watched).remove(0)
    }

    /// Packets that were wanted by any watch but have no record, summed over the processors.
    func omittedPackets() -> UInt64 {
        let processors = max(Int(libbpf_num_possible_cpus()), 1)
        return withUnsafeTemporaryAllocation(of: sluice_watch_budget.self, capacity: processors) { perProcessor in
            perProcessor.initialize(repeating: sluice_watch_budget())
            var key: UInt32 = 0
            let descriptor = map(MapName.watchBudgets).fileDescriptor
            guard bpf_map_lookup_elem(descriptor, &key, perProcessor.baseAddress) == 0 else { return 0 }
            return perProcessor.reduce(0) { $0 &+ $1.omitted }
        }
    }
}

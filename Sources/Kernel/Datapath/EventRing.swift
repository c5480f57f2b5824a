internal import CLibBPF
package import FlowLayout
import Glibc

/// The records that the kernel program writes for its processes: sessions begun and ended, and denies.
///
/// Each instance has its own ring, created when its process first opens it. A record is delivered once, to whoever
/// reads first. So at most one process may read a ring at a time (its instance): with two, each would miss the records
/// that the other received. A ring is for one thread at a time, too.
package final class EventRing {
    private let ring: RingReader

    /// Readable (poll, epoll) when the kernel program finds a quarter of the ring full. It wakes nobody for a single record,
    /// so that a packet never pays for a wake-up: drain from time to time besides.
    package var fileDescriptor: Int32 { ring.fileDescriptor }

    /// Opens the ring of an instance. Creates it if there is none.
    package init(datapath: Datapath, instance: UInt16 = Datapath.firstInstance) throws(KernelError) {
        ring = try RingReader(try Self.map(of: instance, in: datapath))
    }

    /// Passes on the available records, oldest first, without waiting. Returns how many.
    ///
    /// No more than `limit`, so that a flood of records does not keep the caller from its other work.
    @discardableResult
    package func drain(atMost limit: Int = 65_536, _ body: (sluice_event) -> Void) -> Int {
        ring.drain(atMost: limit) { record in
            guard record.count >= MemoryLayout<sluice_event>.size else { return }
            body(record.loadUnaligned(as: sluice_event.self))
        }
    }

    /// Removes from the kernel the ring of an instance that will not return, with its memory. It is not an error if
    /// there is no ring.
    package static func remove(datapath: Datapath, instance: UInt16) {
        var key = UInt32(instance)
        bpf_map_delete_elem(datapath.map(MapName.events).fileDescriptor, &key)
        datapath.pins?.unmark(mark(instance))
    }

    /// The ring's own name in the pins. The map of rings returns only an identifier, and only with CAP_SYS_ADMIN does
    /// the kernel open a map by its identifier.
    private static func mark(_ instance: UInt16) -> String { "ring-\(instance)" }

    private static func map(of instance: UInt16, in datapath: Datapath) throws(KernelError) -> KernelMap {
        let rings = datapath.map(MapName.events)
        var key = UInt32(instance)
        var identifier: UInt32 = 0
        if bpf_map_lookup_elem(rings.fileDescriptor, &key, &identifier) == 0 {
            if let map = try datapath.pins?.markedMap(mark(instance), name: MapName.events),
                map.identifier == identifier
            {
                return map
            }
            // The datapath has no pins, or belongs to an earlier version, which gave rings no names.
            let number = bpf_map_get_fd_by_id(identifier)
            if number >= 0 { return try KernelMap(name: MapName.events, descriptor: FileDescriptor(number)) }
            // The ring can't be opened: a new one replaces it, and the scan of the slots makes up for the lost records.
        }
        let number = try SystemCall.check("creating the event ring of instance \(instance)") {
            bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sluice_ring", 0, 0, ringBytes, nil)
        }
        let descriptor = FileDescriptor(number)
        // The name comes first: a ring that is inserted can then be found.
        try datapath.pins?.markMap(mark(instance), with: number)
        try SystemCall.check("inserting the event ring of instance \(instance)") {
            var value = number
            return bpf_map_update_elem(rings.fileDescriptor, &key, &value, 0)
        }
        return try KernelMap(name: MapName.events, descriptor: descriptor)
    }

    /// Room for 29,000 records. The kernel program wakes the reader when a quarter is full.
    private static let ringBytes: UInt32 = 1 << 21
}

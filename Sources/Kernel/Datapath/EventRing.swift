internal import CLibBPF
package import FlowLayout
import Glibc

/// The records that the kernel program writes for its processes: sessions begun and ended, and denies.
///
/// Each instance has a ring of its own, made when its process first opens it. A record is delivered once, to whoever drains
/// first. So at most one process may drain a ring at a time (its instance); two would each miss what the other got. It is
/// for one thread at a time, too.
package final class EventRing {
    private let ring: OpaquePointer
    private let delivery: UnsafeMutablePointer<Delivery>
    // The ring's map lives as long as this.
    private let map: KernelMap

    /// Readable (poll, epoll) when the kernel program finds a quarter of the ring full. It wakes nobody for a single record,
    /// so that a packet never pays for a wake-up: drain from time to time besides.
    package let fileDescriptor: Int32

    private struct Delivery {
        var body: ((sluice_event) -> Void)?
        var delivered = 0
        var limit = 0
    }

    /// Opens the ring of an instance; makes it if it is not there.
    package init(datapath: Datapath, instance: UInt16 = Datapath.firstInstance) throws(KernelError) {
        LibBPFLog.begin()
        map = try Self.map(of: instance, in: datapath)
        delivery = .allocate(capacity: 1)
        delivery.initialize(to: Delivery())
        let opened = ring_buffer__new(map.fileDescriptor, Self.deliver, delivery, nil)
        guard let opened else {
            let errorNumber = errno
            delivery.deinitialize(count: 1)
            delivery.deallocate()
            throw .refused(action: "opening the event ring", errorNumber: errorNumber, log: LibBPFLog.text)
        }
        ring = opened
        fileDescriptor = ring_buffer__epoll_fd(opened)
    }

    deinit {
        ring_buffer__free(ring)
        delivery.deinitialize(count: 1)
        delivery.deallocate()
    }

    /// Hands over the records that are there, oldest first, without waiting; returns how many.
    ///
    /// No more than `limit`, so that a flood of them does not keep the caller from its other work.
    @discardableResult
    package func drain(atMost limit: Int = 65_536, _ body: (sluice_event) -> Void) -> Int {
        guard limit > 0 else { return 0 }
        return withoutActuallyEscaping(body) { body in
            delivery.pointee = Delivery(body: body, delivered: 0, limit: limit)
            defer { delivery.pointee.body = nil }
            _ = ring_buffer__consume(ring)
            return delivery.pointee.delivered
        }
    }

    /// Takes the ring of an instance that is gone for good out of the kernel, with the memory it holds. A ring that is
    /// missing is no error.
    package static func remove(datapath: Datapath, instance: UInt16) {
        var key = UInt32(instance)
        bpf_map_delete_elem(datapath.map(MapName.events).fileDescriptor, &key)
        datapath.pins?.unmark(mark(instance))
    }

    /// The ring's own name in the pins. What the map of rings gives is only an identifier, and the kernel gives a map by that only to
    /// CAP_SYS_ADMIN.
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
            // Of a datapath without pins, or of an earlier version, which gave rings no names.
            let number = bpf_map_get_fd_by_id(identifier)
            if number >= 0 { return try KernelMap(name: MapName.events, descriptor: FileDescriptor(number)) }
            // Not to be had: a new one takes its place, and the walk over the slots makes up for what was in it.
        }
        let number = try SystemCall.check("making the event ring of instance \(instance)") {
            bpf_map_create(BPF_MAP_TYPE_RINGBUF, "sluice_ring", 0, 0, ringBytes, nil)
        }
        let descriptor = FileDescriptor(number)
        // First the name: a ring that is entered can be found.
        try datapath.pins?.markMap(mark(instance), with: number)
        try SystemCall.check("entering the event ring of instance \(instance)") {
            var value = number
            return bpf_map_update_elem(rings.fileDescriptor, &key, &value, 0)
        }
        return try KernelMap(name: MapName.events, descriptor: descriptor)
    }

    /// Room for 29,000 records; the kernel program wakes the reader when a quarter is full.
    private static let ringBytes: UInt32 = 1 << 21

    /// Called by libbpf for each record; a negative result stops it, after this record.
    private static let deliver: ring_buffer_sample_fn = { context, record, size in
        guard let delivery = context?.assumingMemoryBound(to: Delivery.self), let record else { return 0 }
        guard size >= MemoryLayout<sluice_event>.size else { return 0 }
        delivery.pointee.body?(record.loadUnaligned(as: sluice_event.self))
        delivery.pointee.delivered += 1
        return delivery.pointee.delivered < delivery.pointee.limit ? 0 : -1
    }
}

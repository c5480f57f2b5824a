internal import CLibBPF
package import FlowLayout
import Glibc

/// The records that the kernel program writes for its processes: sessions begun and ended, and denies.
///
/// A record is delivered once, to whoever drains first. So at most one process may drain a gateway's ring at a time (its
/// instance); two would each miss what the other got. It is for one thread at a time, too.
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

    package init(datapath: Datapath) throws(KernelError) {
        LibBPFLog.begin()
        map = datapath.map(MapName.events)
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

    /// Called by libbpf for each record; a negative result stops it, after this record.
    private static let deliver: ring_buffer_sample_fn = { context, record, size in
        guard let delivery = context?.assumingMemoryBound(to: Delivery.self), let record else { return 0 }
        guard size >= MemoryLayout<sluice_event>.size else { return 0 }
        delivery.pointee.body?(record.loadUnaligned(as: sluice_event.self))
        delivery.pointee.delivered += 1
        return delivery.pointee.delivered < delivery.pointee.limit ? 0 : -1
    }
}

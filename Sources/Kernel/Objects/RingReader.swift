internal import CLibBPF
import Glibc

/// Reads the records of a ring buffer of the kernel. For one thread at a time. Each record is delivered once, to
/// whoever reads first.
final class RingReader {
    private let ring: OpaquePointer
    private let delivery: UnsafeMutablePointer<Delivery>
    // The map must exist as long as this object.
    private let map: KernelMap

    /// Readable (poll, epoll) when the kernel program wakes its readers.
    let fileDescriptor: Int32

    private struct Delivery {
        var body: ((UnsafeRawBufferPointer) -> Void)?
        var delivered = 0
        var limit = 0
    }

    init(_ map: KernelMap) throws(KernelError) {
        LibBPFLog.begin()
        self.map = map
        delivery = .allocate(capacity: 1)
        delivery.initialize(to: Delivery())
        let opened = ring_buffer__new(map.fileDescriptor, Self.deliver, delivery, nil)
        guard let opened else {
            let errorNumber = errno
            delivery.deinitialize(count: 1)
            delivery.deallocate()
            throw .refused(action: "opening the ring \(map.name)", errorNumber: errorNumber, log: LibBPFLog.text)
        }
        ring = opened
        fileDescriptor = ring_buffer__epoll_fd(opened)
    }

    deinit {
        ring_buffer__free(ring)
        delivery.deinitialize(count: 1)
        delivery.deallocate()
    }

    /// Passes on the available records, oldest first, without waiting, and at most `limit`. Returns how many.
    func drain(atMost limit: Int, _ body: (UnsafeRawBufferPointer) -> Void) -> Int {
        guard limit > 0 else { return 0 }
        return withoutActuallyEscaping(body) { body in
            delivery.pointee = Delivery(body: body, delivered: 0, limit: limit)
            defer { delivery.pointee.body = nil }
            _ = ring_buffer__consume(ring)
            return delivery.pointee.delivered
        }
    }

    /// Called by libbpf for each record. A negative result stops it after this record.
    private static let deliver: ring_buffer_sample_fn = { context, record, size in
        guard let delivery = context?.assumingMemoryBound(to: Delivery.self), let record else { return 0 }
        delivery.pointee.body?(UnsafeRawBufferPointer(start: record, count: Int(size)))
        delivery.pointee.delivered += 1
        return delivery.pointee.delivered < delivery.pointee.limit ? 0 : -1
    }
}

package import FlowLayout

/// Packets to be sent unchanged, IP header included: RSTs and probes, at most 72 bytes each.
///
/// They are one after the other in one buffer, so a batch of thousands needs at most two allocations. Keep a batch, and
/// empty it with ``removeAll()``, to use its memory again.
package struct RawSegmentBatch: Sendable {
    /// Largest length of a packet in bytes: 40 of IPv6, 20 of TCP, 12 of time stamps.
    package static let maximumBytes = 72

    /// The packets of one IP version, in order.
    struct Lane: Sendable {
        var bytes: [UInt8] = []
        var lengths: [UInt8] = []
        var destinations: [sluice_address] = []
        var scopes: [UInt32] = []
    }

    private(set) var version4 = Lane()
    private(set) var version6 = Lane()

    package var count: Int { version4.lengths.count + version6.lengths.count }
    package var isEmpty: Bool { count == 0 }

    package init() {}

    /// Appends one packet.
    ///
    /// - Parameters:
    ///   - family: 4 or 6.
    ///   - destination: the address that it is routed to: the packet's own destination.
    ///   - scope: the interface index of a link-local destination, otherwise 0.
    ///   - build: writes the packet into 72 zeroed bytes and returns its length; 0: no packet.
    package mutating func append(
        family: UInt8, destination: sluice_address, scope: UInt32 = 0,
        build: (UnsafeMutableRawBufferPointer) -> Int
    ) {
        if family == 4 {
            version4.append(destination, scope, build)
        } else {
            version6.append(destination, scope, build)
        }
    }

    package mutating func removeAll() {
        version4.removeAll()
        version6.removeAll()
    }
}

extension RawSegmentBatch.Lane {
    fileprivate mutating func append(
        _ destination: sluice_address, _ scope: UInt32, _ build: (UnsafeMutableRawBufferPointer) -> Int
    ) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: RawSegmentBatch.maximumBytes))
        let length = bytes.withUnsafeMutableBytes { bytes in
            build(UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
        }
        precondition((0...RawSegmentBatch.maximumBytes).contains(length), "a raw packet of \(length) bytes")
        guard length > 0 else {
            bytes.removeLast(RawSegmentBatch.maximumBytes)
            return
        }
        lengths.append(UInt8(length))
        destinations.append(destination)
        scopes.append(scope)
    }

    fileprivate mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        destinations.removeAll(keepingCapacity: true)
        scopes.removeAll(keepingCapacity: true)
    }
}

internal import FlowCore
internal import FlowLayout

extension Datapath {
    /// How long the kernel program may use the last information about the routing: the controller that renews it may
    /// have ended.
    package static let routingLeaseNanoseconds: UInt64 = 2_000_000_000

    /// Sets whether the kernel program caches next hops by destination and incoming interface only, for the time of the
    /// lease.
    package func set(routesByDestination: Bool, now: UInt64) {
        let end = routesByDestination ? Tick.of(nanoseconds: now + Self.routingLeaseNanoseconds) : 0
        sluice_store32(&table.runtime.pointee.destinationRoutingEnd, end)
    }

    /// Sets whether every allowed packet is passed to the kernel's own forwarding: only that applies IPsec policies.
    package func set(leavesToKernel: Bool) {
        sluice_store32(&table.runtime.pointee.leavesToKernel, leavesToKernel ? 1 : 0)
    }

    package var leavesToKernel: Bool { sluice_load32(&table.runtime.pointee.leavesToKernel) != 0 }

    /// Sends a segment, IP header included. It is forwarded as a packet that comes in by the given interface; false if
    /// it can't be sent like this. The interface must be a zone's, and be in the network namespace of the calling
    /// thread.
    package func send(_ segment: [UInt8], family: UInt8, asFrom interfaceIndex: Int) throws(KernelError) -> Bool {
        let link = [UInt8](repeating: 0, count: 12) + (family == 4 ? [0x08, 0x00] : [0x86, 0xDD])
        return try runProgram(
            named: ProgramName.send, packet: link + segment, context: PacketContext(interfaceIndex: interfaceIndex)
        ).returnValue == 1
    }

    /// Whether it may do so at the moment.
    package func routesByDestination(now: UInt64) -> Bool {
        let end = sluice_load32(&table.runtime.pointee.destinationRoutingEnd)
        return end != 0 && Int32(bitPattern: end &- Tick.of(nanoseconds: now)) > 0
    }
}

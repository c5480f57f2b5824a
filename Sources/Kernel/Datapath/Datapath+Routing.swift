internal import FlowCore
internal import FlowLayout

extension Datapath {
    /// How long the kernel program may go by the last note about the routing: the controller that renews it may be gone.
    package static let routingLeaseNanoseconds: UInt64 = 2_000_000_000

    /// Lets the kernel program cache next hops by destination and incoming interface alone, for the time of the lease; or not.
    package func set(routesByDestination: Bool, now: UInt64) {
        let end = routesByDestination ? Tick.of(nanoseconds: now + Self.routingLeaseNanoseconds) : 0
        sluice_store32(&table.runtime.pointee.destinationRoutingEnd, end)
    }

    /// Leaves every packet that is allowed to the kernel's own forwarding, or not: only that knows IPsec policies.
    package func set(leavesToKernel: Bool) {
        sluice_store32(&table.runtime.pointee.leavesToKernel, leavesToKernel ? 1 : 0)
    }

    package var leavesToKernel: Bool { sluice_load32(&table.runtime.pointee.leavesToKernel) != 0 }

    /// Sends a segment, IP header included, as what comes in by an interface would be forwarded; false where it can't go out like this.
    /// The interface must be a zone's, and lie in the network namespace of the calling thread.
    package func send(_ segment: [UInt8], family: UInt8, asFrom interfaceIndex: Int) throws(KernelError) -> Bool {
        let link = [UInt8](repeating: 0, count: 12) + (family == 4 ? [0x08, 0x00] : [0x86, 0xDD])
        return try runProgram(
            named: ProgramName.send, packet: link + segment, context: PacketContext(interfaceIndex: interfaceIndex)
        ).returnValue == 1
    }

    /// Whether it may at the moment.
    package func routesByDestination(now: UInt64) -> Bool {
        let end = sluice_load32(&table.runtime.pointee.destinationRoutingEnd)
        return end != 0 && Int32(bitPattern: end &- Tick.of(nanoseconds: now)) > 0
    }
}

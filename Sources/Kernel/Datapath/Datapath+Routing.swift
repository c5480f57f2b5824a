internal import FlowCore
internal import FlowLayout

extension Datapath {
    /// How long the kernel program may go by what it was told last about the routing: who tells it may be gone.
    package static let routingLeaseNanoseconds: UInt64 = 2_000_000_000

    /// Lets the kernel program remember the way to an address for all that come in by one interface, for the time of the lease; or not.
    package func tell(routesByDestination: Bool, now: UInt64) {
        let end = routesByDestination ? Tick.of(nanoseconds: now + Self.routingLeaseNanoseconds) : 0
        sluice_store32(&runtime.pointee.destinationRoutingEnd, end)
    }

    /// Whether it may at the moment.
    package func routesByDestination(now: UInt64) -> Bool {
        let end = sluice_load32(&runtime.pointee.destinationRoutingEnd)
        return end != 0 && Int32(bitPattern: end &- Tick.of(nanoseconds: now)) > 0
    }
}

package import FlowCore
internal import FlowLayout
internal import KernelObject

/// A gateway's packet path in the kernel: its maps, shared into this process's memory, and its programs.
///
/// Any number of processes can have the same datapath open. It continues to exist without them, under its names in
/// bpffs. See ``SharedMemory`` for how its memory may be accessed.
package final class Datapath: @unchecked Sendable {
    // Unchecked: every property except the programs is set once. What the pointers refer to is shared with the kernel
    // and other processes, and synchronised with them by atomics.

    /// The gateway's name. If the datapath is not pinned: the name with which it was loaded.
    package let gateway: String
    /// The shared memory of its maps, not bound to an instance: an instance takes ``FlowCore/SessionTable/seen(by:)``.
    package let table: SessionTable
    /// The filter of the process that watches packets (``PacketWatch``).
    let watch: UnsafeMutablePointer<sluice_watch>
    package let interfaces: InterfaceTable
    let timestampTable: TimestampTable

    let maps: [String: KernelMap]
    /// Changed only by ``reopenPrograms()``, on the one thread of the process that calls it.
    var programs: [String: LoadedProgram]
    /// The verifier's costs for the programs that this object has loaded; empty if it has opened pinned ones.
    package let verifierCosts: [String: VerifierCost]
    let pins: PinDirectory?
    private let memories: [SharedMemory]
    private let policies: SharedMemory

    /// Loads the kernel program and its maps into the kernel, with all slots free and in the pool, from which instances
    /// claim them. Until somebody writes another steering table, instance 1 receives all new sessions.
    ///
    /// A datapath that is not pinned ends with this object: for tests and for `sluice doctor`.
    ///
    /// - Parameter programs: those to load (``ProgramName``).
    package static func load(
        gateway: String, capacitySessions: Int, pinned: Bool = true, programs: [String] = ProgramName.serving
    ) throws(KernelError) -> Datapath {
        let pins = try PinDirectory(gateway: gateway)
        let plan = try SlabPlan(capacitySessions: capacitySessions)
        if pinned, pins.exists { throw .alreadyLoaded(gateway: gateway, path: pins.path) }
        let loaded = try ObjectLoader.load(
            object: KernelObject.bytes, programs: programs,
            mapCapacities: [
                MapName.flows: plan.bucketCount, MapName.sessions: plan.slotCount, MapName.words: plan.slotCount,
                MapName.free: plan.slotCount / 4,
            ])
        let datapath = try Datapath(
            gateway: gateway, pins: pinned ? pins : nil, loaded: loaded, slabShift: plan.slabShift)
        datapath.initialise(plan)
        // Only a complete datapath is pinned.
        if pinned { try pins.create(loaded) }
        return datapath
    }

    /// Opens the datapath that a process has loaded and pinned.
    ///
    /// Throws ``KernelError/notLoaded(gateway:path:)``, or ``KernelError/layoutMismatch(gateway:found:expected:)`` if another
    /// version of sluice has loaded it.
    ///
    /// - Parameter isReadOnly: whether this process can only read it, even if the process is compromised: a write ends
    ///   it.
    package static func open(gateway: String, isReadOnly: Bool = false) throws(KernelError) -> Datapath {
        let pins = try PinDirectory(gateway: gateway)
        let loaded = try pins.open(isReadOnly: isReadOnly)
        guard let map = loaded.maps[MapName.runtime] else {
            throw .damaged(gateway: gateway, what: "map \(MapName.runtime) is missing")
        }
        let memory = try SharedMemory(of: map)
        // The first field of any layout.
        let version = sluice_load32(memory.start.assumingMemoryBound(to: UInt32.self))
        guard version == UInt32(SLUICE_LAYOUT_VERSION) else {
            throw .layoutMismatch(gateway: gateway, found: version, expected: UInt32(SLUICE_LAYOUT_VERSION))
        }
        guard let runtime = memory.elements(of: map, as: sluice_runtime.self) else {
            throw .damaged(gateway: gateway, what: "map \(MapName.runtime) has elements of \(map.valueSize) bytes")
        }
        return try Datapath(
            gateway: gateway, pins: pins, loaded: loaded, slabShift: Int(sluice_load32(&runtime.pointee.slabShift)))
    }

    /// The layout of a datapath's memory, whichever version of sluice has loaded it; nil: no datapath of this name is
    /// in the kernel.
    package static func layoutVersion(gateway: String) throws(KernelError) -> UInt32? {
        let pins = try PinDirectory(gateway: gateway)
        guard pins.exists else { return nil }
        guard let map = try pins.map(MapName.runtime) else {
            throw .damaged(gateway: gateway, what: "map \(MapName.runtime) is missing")
        }
        let memory = try SharedMemory(of: map)
        // The first field of any layout.
        return sluice_load32(memory.start.assumingMemoryBound(to: UInt32.self))
    }

    /// Whether a datapath of this name is in the kernel.
    package static func exists(gateway: String) -> Bool { (try? PinDirectory(gateway: gateway))?.exists ?? false }

    /// The names of all gateways in the kernel.
    package static func gateways() -> [String] { PinDirectory.gateways() }

    /// Removes the names of a datapath without opening it, as when another version has loaded it.
    package static func removePins(gateway: String) throws(KernelError) {
        try PinDirectory(gateway: gateway).remove()
    }

    /// Removes the datapath's names. The datapath ends when the last process has closed it and it is attached nowhere.
    package func unpin() throws(KernelError) { try pins?.remove() }

    /// The bytes of one of the two policy images: `runtime.activePolicy` is the one in use; write the other.
    package func policyMemory(_ index: Int) -> UnsafeMutableRawBufferPointer {
        precondition(index == 0 || index == 1, "policy image \(index)")
        return UnsafeMutableRawBufferPointer(
            start: policies.start + index * Int(SLUICE_POLICY_BYTES), count: Int(SLUICE_POLICY_BYTES))
    }

    private init(
        gateway: String, pins: PinDirectory?, loaded: ObjectLoader.Loaded, slabShift: Int
    ) throws(KernelError) {
        var memories: [SharedMemory] = []
        func map(_ name: String) throws(KernelError) -> KernelMap {
            guard let map = loaded.maps[name] else {
                throw .damaged(gateway: gateway, what: "map \(name) is missing")
            }
            return map
        }
        func elements<Element>(_ name: String, _ type: Element.Type) throws(KernelError) -> UnsafeMutablePointer<
            Element
        > {
            let map = try map(name)
            let memory = try SharedMemory(of: map)
            guard let elements = memory.elements(of: map, as: type) else {
                throw .damaged(gateway: gateway, what: "map \(name) has elements of \(map.valueSize) bytes")
            }
            memories.append(memory)
            return elements
        }
        for name in MapName.all { _ = try map(name) }
        interfaces = InterfaceTable(
            dense: try elements(MapName.interfaces, sluice_interface.self), far: try map(MapName.farInterfaces))
        watch = try elements(MapName.watch, sluice_watch.self)
        timestampTable = TimestampTable(place: try map(MapName.timestamps), pins: pins)
        let slotCount = try map(MapName.words).capacity
        // Four entries per element.
        let free = try elements(MapName.free, UInt64.self)
        let steering = try elements(MapName.steering, sluice_steering.self)
        table = SessionTable(
            slotCount: slotCount, slabShift: slabShift, buckets: try elements(MapName.flows, sluice_bucket.self),
            sessions: try elements(MapName.sessions, sluice_session.self),
            words: try elements(MapName.words, UInt64.self),
            freeRing: UnsafeMutableRawPointer(free).bindMemory(to: UInt16.self, capacity: slotCount),
            slabs: try elements(MapName.slabs, sluice_slab.self),
            instances: try elements(MapName.instances, sluice_instance.self),
            tallies: try elements(MapName.tallies, sluice_tallies.self),
            treatments: try elements(MapName.treatments, sluice_treatment.self),
            runtime: try elements(MapName.runtime, sluice_runtime.self),
            sources: try elements(MapName.sources, UInt64.self),
            steering: UnsafeMutableRawPointer(steering).assumingMemoryBound(to: UInt8.self))
        policies = try SharedMemory(of: try map(MapName.policies))
        guard (SlabPlan.smallestSlabShift...SlabPlan.largestSlabShift).contains(slabShift),
            slotCount & (1 << slabShift - 1) == 0, try map(MapName.sessions).capacity == slotCount,
            try map(MapName.free).capacity * 4 == slotCount,
            try map(MapName.flows).capacity.nonzeroBitCount == 1
        else { throw .damaged(gateway: gateway, what: "\(slotCount) slots do not fit slabs of 2^\(slabShift)") }
        self.gateway = gateway
        self.pins = pins
        self.memories = memories
        maps = loaded.maps
        programs = loaded.programs
        verifierCosts = loaded.costs
    }

    /// Frees every slot and puts all slabs into the pool. Nothing is attached yet, so plain stores are sufficient.
    private func initialise(_ plan: SlabPlan) {
        let runtime = table.runtime
        for slab in 0..<plan.slabCount {
            let ring = table.freeRing + slab << plan.slabShift
            for position in 0..<plan.slabSlots { ring[position] = UInt16(truncatingIfNeeded: position) }
            table.slabs[slab].head = 0
            table.slabs[slab].tail = UInt32(plan.slabSlots)
            table.slabs[slab].owner = 0
            table.instances[0].setMayHaveFreeSlots(slab: slab)
        }
        for entry in 0..<Int(SLUICE_STEERING_ENTRIES) { table.steering[entry] = UInt8(Self.firstInstance) }
        runtime.pointee.servingInstances = 1 << UInt64(Self.firstInstance)
        runtime.pointee.capacitySessions = UInt32(plan.slotCount)
        runtime.pointee.slabShift = UInt32(plan.slabShift)
        runtime.pointee.bucketMask = UInt32(plan.bucketCount - 1)
        runtime.pointee.identity = UInt64.random(in: 0...UInt64.max)
        withUnsafeMutableBytes(of: &runtime.pointee.hashKeys) { bytes in
            for index in bytes.indices { bytes[index] = UInt8.random(in: 0...UInt8.max) }
        }
        runtime.pointee.startedNanoseconds = MonotonicClock.nanoseconds()
        runtime.pointee.reportsEvents = 1
        runtime.pointee.layoutVersion = UInt32(SLUICE_LAYOUT_VERSION)
    }

    /// The identifier of the instance that new sessions go to initially.
    package static let firstInstance: UInt16 = 1
}

extension sluice_instance {
    fileprivate mutating func setMayHaveFreeSlots(slab: Int) {
        withUnsafeMutableBytes(of: &slabsWithFreeSlots) { bytes in
            let bitmap = bytes.assumingMemoryBound(to: UInt64.self)
            bitmap[slab / 64] |= 1 << UInt64(slab % 64)
        }
    }
}

import FlowCore
import FlowLayout
package import Kernel
import Policy

/// Looks at a gateway: opens what is pinned and the run directory, and reads. Changes nothing, and works without the
/// controller.
package struct GatewayInspector: Sendable {
    package let gateway: String
    package let datapath: Datapath
    package let directory: GatewayDirectory
    /// Whether this process has no privileges: then what is to be seen only with them is what the controller has written down.
    package let isConfined: Bool
    /// What the datapath costs; the kernel tells it to nobody without privileges.
    let memoryCost: DatapathMemory

    /// - Parameter isConfined: whether this process gives up its privileges, and can only read from here on.
    package init(gateway: String, isConfined: Bool = false) throws(InspectionError) {
        guard Datapath.exists(gateway: gateway) else {
            throw .noGateway(name: gateway, known: Datapath.gateways())
        }
        do {
            datapath = try Datapath.open(gateway: gateway, isReadOnly: isConfined)
        } catch {
            throw .kernel(error)
        }
        self.gateway = gateway
        self.isConfined = isConfined
        memoryCost = datapath.memory()
        // libbpf looks in /sys how many processors there may be, once.
        _ = datapath.counters()
        directory = GatewayDirectory(gateway: gateway)
    }

    /// A gateway whose datapath is open already.
    package init(gateway: String, datapath: Datapath) {
        self.gateway = gateway
        self.datapath = datapath
        isConfined = false
        memoryCost = datapath.memory()
        directory = GatewayDirectory(gateway: gateway)
    }

    /// The session memory.
    package var memory: SessionMemory {
        SessionMemory(
            words: datapath.table.words, sessions: datapath.table.sessions, slabs: datapath.table.slabs,
            slotCount: datapath.table.slotCount,
            slabShift: datapath.table.slabShift)
    }

    /// Hands every session that passes to `body`, which makes its view only if it wants it.
    package func forEachSession(_ filter: SessionFilter, _ body: (() -> SessionView) -> Void) {
        var describer = describer()
        memory.forEach(where: filter) { record in
            body {
                // The clock goes on while a large table is read.
                describer.nowNanoseconds = MonotonicClock.nanoseconds()
                return describer.view(record)
            }
        }
    }

    /// Hands the sessions that pass to `body`, from a slot on, and at most so many.
    ///
    /// - Returns: the slot to go on from; nil: there are no more.
    package func sessions(
        _ filter: SessionFilter, from first: Int, limit: Int, _ body: (SessionView) -> Void
    ) -> Int? {
        var describer = describer()
        let memory = memory
        var count = 0
        var slot = first
        while slot < memory.slotCount {
            if let record = memory.record(at: slot), filter.matches(record) {
                if count == limit { return slot }
                describer.nowNanoseconds = MonotonicClock.nanoseconds()
                body(describer.view(record))
                count += 1
            }
            slot += 1
        }
        return nil
    }

    package func sessions(_ filter: SessionFilter = SessionFilter()) -> [SessionView] {
        var sessions: [SessionView] = []
        forEachSession(filter) { sessions.append($0()) }
        return sessions
    }

    /// The session of an identifier; nil where it has ended.
    package func session(_ identifier: SessionIdentifier) -> SessionView? {
        memory.record(identifier).map { describer().view($0) }
    }

    /// Packets dropped, by the name of the reason; every reason is there.
    package func drops() -> [String: UInt64] { CounterNames.drops(datapath.counters()) }

    /// Whatever of the names can be read: a session without them is better than none.
    package func describer() -> SessionDescriber {
        SessionDescriber(
            nowNanoseconds: MonotonicClock.nanoseconds(),
            ruleNames: (try? directory.ruleIdentities().names) ?? [:],
            zoneNames: zoneNames(),
            treatments: Array(UnsafeBufferPointer(start: datapath.table.treatments, count: Int(SLUICE_MAX_TREATMENTS))),
            stateTimeouts: StateTimeouts(datapath.table.runtime.pointee))
    }

    private func zoneNames() -> [UInt8: String] {
        guard let identities = try? directory.zoneIdentities().identities else { return [:] }
        return Dictionary(identities.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    }
}

import FlowCore
import FlowLayout
package import Kernel
import Policy

/// Inspects a gateway: opens the pinned maps and the run directory, and reads them. Changes nothing, and works without
/// the controller.
package struct GatewayInspector: Sendable {
    package let gateway: String
    package let datapath: Datapath
    package let directory: GatewayDirectory
    /// Whether this process has no privileges. It then reads privileged facts from the controller's notes.
    package let isConfined: Bool
    /// The memory of the datapath. The kernel reports it only to privileged processes.
    let memoryCost: DatapathMemory

    /// - Parameter isConfined: whether this process gives up its privileges after this call, and only reads from then
    ///   on.
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
        // libbpf reads the number of possible CPUs from /sys, once. This must happen before the process is confined.
        _ = datapath.counters()
        directory = GatewayDirectory(gateway: gateway)
    }

    /// A gateway whose datapath is already open.
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

    /// Passes every session that matches to `body`, which builds its view only if it needs it.
    ///
    /// - Parameter atRisk: only sessions that an idle timeout may end although they have users (``SessionView/atRisk``).
    package func forEachSession(
        _ filter: SessionFilter, atRisk: Bool = false, _ body: (() -> SessionView) -> Void
    ) {
        var describer = describer()
        memory.forEach(where: filter) { record in
            guard !atRisk || describer.isAtRisk(record) else { return }
            body {
                // Time passes while a large table is read.
                describer.nowNanoseconds = MonotonicClock.nanoseconds()
                return describer.view(record)
            }
        }
    }

    /// Passes matching sessions to `body`, starting at a slot, up to a limit.
    ///
    /// - Returns: the slot to continue from; nil if there are no more.
    package func sessions(
        _ filter: SessionFilter, atRisk: Bool = false, from first: Int, limit: Int, _ body: (SessionView) -> Void
    ) -> Int? {
        var describer = describer()
        let memory = memory
        var count = 0
        var slot = first
        while slot < memory.slotCount {
            if let record = memory.record(at: slot), filter.matches(record),
                !atRisk || describer.isAtRisk(record)
            {
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

    /// The session with an identifier; nil if it has ended.
    package func session(_ identifier: SessionIdentifier) -> SessionView? {
        memory.record(identifier).map { describer().view($0) }
    }

    /// Packets dropped, by the name of the reason. Every reason is included.
    package func drops() -> [String: UInt64] { CounterNames.drops(datapath.counters()) }

    /// Reads as many names as possible. Sessions are shown even if names are missing.
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

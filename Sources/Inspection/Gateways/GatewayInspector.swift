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

    package init(gateway: String) throws(InspectionError) {
        guard Datapath.exists(gateway: gateway) else {
            throw .noGateway(name: gateway, known: Datapath.gateways())
        }
        do {
            datapath = try Datapath.open(gateway: gateway)
        } catch {
            throw .kernel(error)
        }
        self.gateway = gateway
        directory = GatewayDirectory(gateway: gateway)
    }

    /// The session memory.
    package var memory: SessionMemory {
        SessionMemory(
            words: datapath.words, sessions: datapath.sessions, slabs: datapath.slabs, slotCount: datapath.slotCount,
            slabShift: datapath.slabShift)
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
            treatments: Array(UnsafeBufferPointer(start: datapath.treatments, count: Int(SLUICE_MAX_TREATMENTS))),
            stateTimeouts: StateTimeouts(datapath.runtime.pointee))
    }

    private func zoneNames() -> [UInt8: String] {
        guard let identities = try? directory.zoneIdentities().identities else { return [:] }
        return Dictionary(identities.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
    }
}

import FlowCore
import Kernel

/// The drops for one reason, as `sluice drop list` shows them. The property names are those of the JSON.
package struct DropTally: Codable, Equatable, Sendable {
    package var reason: String
    package var packets: UInt64
    /// Including the link header.
    package var bytes: UInt64
    package var meaning: String
    package var next: String
}

extension GatewayInspector {
    /// All reasons, the most frequent one first.
    package func dropTallies() -> [DropTally] {
        let counters = datapath.counters()
        let packets = CounterNames.drops(counters)
        let bytes = CounterNames.droppedBytes(counters)
        return DropReason.allCases.map { reason in
            let advice = DropAdvice.of(reason)
            return DropTally(
                reason: reason.name, packets: packets[reason.name] ?? 0, bytes: bytes[reason.name] ?? 0,
                meaning: advice.meaning, next: advice.next)
        }.sorted { ($0.packets, $1.reason) > ($1.packets, $0.reason) }
    }
}

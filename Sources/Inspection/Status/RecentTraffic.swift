import FlowCore
package import Kernel

/// What happened to packets and sessions between two samples.
package struct RecentTraffic: Codable, Equatable, Sendable {
    /// The length of the period.
    package var seconds: Double
    /// Packets that crossed the gateway, or were passed to the kernel's forwarding.
    package var passedPackets: UInt64
    /// Packets for the gateway itself.
    package var hostPackets: UInt64
    /// Dropped packets, by the name of the reason. Reasons without any are omitted.
    package var drops: [String: UInt64]
    package var sessionsBegun: UInt64
    /// Sessions that ended, by the name of the reason. Reasons without any are omitted.
    package var ends: [String: UInt64]
    package var resetsSent: UInt64
    package var resetsFailed: UInt64
    /// Sessions and tombstones at the start of the period.
    package var sessionsBefore: Int
    /// Frames that the zone interfaces received.
    package var receivedFrames: UInt64
    /// The shortest time after which an idle session is reset; nil if none is reset.
    package var shortestIdleSeconds: Double?

    /// A counter that has become smaller was restarted from 0.
    package init(from before: TrafficSample, to after: TrafficSample, shortestIdleSeconds: Double?) {
        func more(_ before: UInt64, _ after: UInt64) -> UInt64 { after >= before ? after - before : after }
        func more(_ before: [String: UInt64], _ after: [String: UInt64]) -> [String: UInt64] {
            after.reduce(into: [:]) { result, entry in
                let count = more(before[entry.key] ?? 0, entry.value)
                if count > 0 { result[entry.key] = count }
            }
        }
        let others = more(CounterNames.others(before.counters), CounterNames.others(after.counters))
        seconds = Double((after.nanoseconds - min(before.nanoseconds, after.nanoseconds)) / 1_000_000) / 1000
        passedPackets = (others[CounterNames.forwardedPackets] ?? 0) + (others[Counter.slowPathPackets.name] ?? 0)
        hostPackets = others[Counter.hostPackets.name] ?? 0
        drops = more(CounterNames.drops(before.counters), CounterNames.drops(after.counters))
        sessionsBegun = others[CounterNames.sessionsBegun] ?? 0
        ends = more(before.ends, after.ends)
        resetsSent = more(before.resetsSent, after.resetsSent)
        resetsFailed = more(before.resetsFailed, after.resetsFailed)
        sessionsBefore = before.sessions
        receivedFrames = more(before.receivedFrames, after.receivedFrames)
        self.shortestIdleSeconds = shortestIdleSeconds
    }

    package var droppedPackets: UInt64 { drops.values.reduce(0, +) }
    func dropped(_ reason: DropReason) -> UInt64 { drops[reason.name] ?? 0 }
    func ended(_ reason: EndReason) -> UInt64 { ends[reason.name] ?? 0 }
}

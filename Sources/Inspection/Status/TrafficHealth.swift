import FlowCore

/// Derives the health of a gateway from what happens to packets and sessions, independent of what its parts report.
/// Pure.
enum TrafficHealth {
    /// Fewer packets than this are not significant.
    static let fewestPackets: UInt64 = 100
    /// Fewer sessions than this are not significant.
    static let fewestSessions: UInt64 = 10
    /// Interfaces also receive frames that do not concern the gateway, such as ARP. From this number on, there must be
    /// others.
    static let fewestFrames: UInt64 = 1000

    static func findings(_ recent: RecentTraffic) -> [GatewayHealth.Finding] {
        [nothingSeen, nothingPasses, refusedSessions, failedResets, earlyResets, failedProbes]
            .compactMap { $0(recent) }
    }

    /// The interfaces receive frames, and the kernel program sees none.
    private static func nothingSeen(_ recent: RecentTraffic) -> GatewayHealth.Finding? {
        guard recent.receivedFrames >= fewestFrames, recent.passedPackets + recent.hostPackets == 0,
            recent.droppedPackets == 0
        else {
            return nil
        }
        return .init(
            level: .degraded,
            reason: "the zone interfaces received \(recent.receivedFrames) frames in the last \(span(recent)), and the "
                + "datapath saw none of them: nothing is forwarded",
            remedy:
                "see what they are: tcpdump -c 20 -e -i INTERFACE; tagged frames belong to a VLAN interface (ip -d link show), "
                + "else: sluice doctor")
    }

    /// Everything is dropped. If the gateway itself is the cause, it counts as down.
    private static func nothingPasses(_ recent: RecentTraffic) -> GatewayHealth.Finding? {
        let dropped = recent.droppedPackets
        guard dropped >= fewestPackets, recent.passedPackets == 0 else { return nil }
        let reasons = recent.drops.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard let main = reasons.first.flatMap({ first in DropReason.allCases.first { $0.name == first.key } }) else {
            return nil
        }
        let list = reasons.prefix(3).map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return .init(
            level: isOwnFault(main) ? .down : .degraded,
            reason: "none of the packets of the last \(span(recent)) passed: \(dropped) were dropped (\(list))",
            remedy: remedy(main))
    }

    /// New sessions are refused, and not because of a rule.
    private static func refusedSessions(_ recent: RecentTraffic) -> GatewayHealth.Finding? {
        // If nothing passes at all, another finding reports it.
        guard recent.passedPackets > 0 else { return nil }
        for reason in DropReason.allCases where isOwnFault(reason) {
            let refused = recent.dropped(reason)
            guard refused >= fewestPackets, refused > recent.sessionsBegun else { continue }
            return .init(
                level: .degraded,
                reason: "\(refused) packets were dropped as \(reason.name) in the last \(span(recent)), and "
                    + "\(recent.sessionsBegun) new sessions began",
                remedy: remedy(reason))
        }
        return nil
    }

    private static func failedResets(_ recent: RecentTraffic) -> GatewayHealth.Finding? {
        guard recent.resetsFailed > 0 else { return nil }
        return .init(
            level: .degraded,
            reason:
                "\(recent.resetsFailed) RSTs of the last \(span(recent)) could not be sent: ends of ended "
                + "sessions do not know it",
            remedy:
                "check whether the gateway itself reaches them (ip route get ADDRESS), and whether a rule of its output hook "
                + "drops them (nft list ruleset)")
    }

    /// More idle sessions were reset than existed, in less time than the idle timeout: the clock of the processes is
    /// not that of the kernel.
    private static func earlyResets(_ recent: RecentTraffic) -> GatewayHealth.Finding? {
        let resets = recent.ended(.idleReset)
        guard let shortest = recent.shortestIdleSeconds, recent.seconds < shortest, resets >= fewestSessions,
            resets > UInt64(recent.sessionsBefore) + recent.sessionsBegun / 10
        else { return nil }
        return .init(
            level: .degraded,
            reason:
                "\(resets) sessions were reset as idle in the last \(span(recent)), earlier than the shortest idle "
                + "timeout of \(Int(shortest)) s: clocks differ",
            remedy: "start sluice in the machine's own time namespace, and check: sluice doctor")
    }

    /// Most sessions end because an end did not answer a probe. It is more likely that probes do not get through.
    private static func failedProbes(_ recent: RecentTraffic) -> GatewayHealth.Finding? {
        let failed = recent.ended(.probeFailed)
        guard failed >= fewestSessions, failed * 2 > recent.ends.values.reduce(0, +) else { return nil }
        return .init(
            level: .degraded,
            reason:
                "\(failed) sessions of the last \(span(recent)) ended because an end did not answer a probe, which is most of "
                + "all that ended",
            remedy:
                "check whether probes reach the ends (tcpdump 'tcp[tcpflags] == tcp-ack'), or write 'onIdle: reset' in the rule"
        )
    }

    // MARK: Reasons

    /// Whether the cause of such a drop is neither the sender nor a rule.
    private static func isOwnFault(_ reason: DropReason) -> Bool {
        switch reason {
        case .capacity, .noRoute, .wrongZone: true
        default: false
        }
    }

    private static func remedy(_ reason: DropReason) -> String {
        switch reason {
        case .denied: "which rule denies them: sluice policy explain; the rules: sluice policy show"
        case .noSession, .outOfWindow, .invalidReset, .tombstone:
            "both directions of a session must cross this gateway: check the routes of its neighbours; to see the senders: sluice drop watch"
        case .capacity:
            "raise capacity.sessions and restart, or see which sources fill the table: sluice session list --state synSent"
        case .wrongZone:
            "sources are not where routing expects them: ip route get SOURCE, ip rule show; then correct routes or zones"
        case .noRoute: "their destinations are in no zone: ip route get DESTINATION, then correct routes or zones"
        case .hostDenied:
            "they are for the gateway itself: see 'hostRules' in the configuration, and the routes of its neighbours"
        default: "see what comes in: tcpdump -c 20 -i INTERFACE; counts by reason: sluice status --json"
        }
    }

    private static func span(_ recent: RecentTraffic) -> String { "\(max(1, Int(recent.seconds.rounded()))) s" }
}

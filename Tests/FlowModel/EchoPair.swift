import FlowCore

/// Two hosts that ping each other with the same identifier, as Windows always does, for any ``JudgeBench``.
package enum EchoPair {
    /// - Parameter isAllowedBack: whether the policy lets the second host ping the first.
    /// - Returns: the verdicts that differ from the expected ones.
    package static func play(
        on bench: some JudgeBench, frames: FrameBuilder, isAllowedBack: Bool
    ) -> [String] {
        let (request, reply): (UInt8, UInt8) = frames.isIPv6 ? (128, 129) : (8, 0)
        var failures: [String] = []
        func expect(_ what: String, _ frame: [UInt8], _ zone: UInt8, _ expected: Verdict) {
            let verdict = bench.judge(frame, Circumstances(zone: zone, routeZone: 3 - zone, now: 100))
            if verdict != expected { failures.append("\(what): \(verdict), expected \(expected)") }
        }
        let back = frames.reversed
        expect("a reply before any request", back.icmp(type: reply, identifier: 1), 2, .drop(.noSession))
        expect("the first host asks", frames.icmp(type: request, identifier: 1), 1, .forward)
        expect("the second host replies", back.icmp(type: reply, identifier: 1), 2, .forward)
        expect("an unsolicited reply", frames.icmp(type: reply, identifier: 1), 1, .drop(.noSession))
        let asked: Verdict = isAllowedBack ? .forward : .drop(.denied)
        let answered: Verdict = isAllowedBack ? .forward : .drop(.noSession)
        expect("the second host asks", back.icmp(type: request, identifier: 1), 2, asked)
        expect("the first host replies", frames.icmp(type: reply, identifier: 1), 1, answered)
        expect("the first host asks again", frames.icmp(type: request, identifier: 1), 1, .forward)
        expect("the second host replies again", back.icmp(type: reply, identifier: 1), 2, .forward)
        // An ICMP error about a packet goes to the packet's sender.
        var router = back
        router.source = frames.isIPv6 ? "2001:db8:9::1" : "198.51.100.1"
        let unreachable: UInt8 = frames.isIPv6 ? 1 : 3
        let quote = Array(frames.icmp(type: request, identifier: 1).dropFirst(14))
        expect("an error about the first host's request", router.icmp(type: unreachable, rest: quote), 2, .forward)
        let quotedAnswer = Array(frames.icmp(type: reply, identifier: 1).dropFirst(14))
        expect("an error about its reply", router.icmp(type: unreachable, rest: quotedAnswer), 2, answered)
        return failures
    }
}

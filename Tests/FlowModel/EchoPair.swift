import FlowCore

/// Two hosts that ping each other with one identifier, as Windows always does, for anything that judges.
package enum EchoPair {
    /// - Parameter isAllowedBack: whether the policy lets the second host ping the first.
    /// - Returns: what was not as it should be.
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
        expect("an answer before any question", back.icmp(type: reply, identifier: 1), 2, .drop(.noSession))
        expect("the first host asks", frames.icmp(type: request, identifier: 1), 1, .forward)
        expect("the second host answers", back.icmp(type: reply, identifier: 1), 2, .forward)
        expect("an answer that nobody asked for", frames.icmp(type: reply, identifier: 1), 1, .drop(.noSession))
        let asked: Verdict = isAllowedBack ? .forward : .drop(.denied)
        let answered: Verdict = isAllowedBack ? .forward : .drop(.noSession)
        expect("the second host asks", back.icmp(type: request, identifier: 1), 2, asked)
        expect("the first host answers", frames.icmp(type: reply, identifier: 1), 1, answered)
        expect("the first host asks again", frames.icmp(type: request, identifier: 1), 1, .forward)
        expect("the second host answers again", back.icmp(type: reply, identifier: 1), 2, .forward)
        // Errors about each go to who sent it.
        var router = back
        router.source = frames.isIPv6 ? "2001:db8:9::1" : "198.51.100.1"
        let unreachable: UInt8 = frames.isIPv6 ? 1 : 3
        let quote = Array(frames.icmp(type: request, identifier: 1).dropFirst(14))
        expect("an error about the first host's question", router.icmp(type: unreachable, rest: quote), 2, .forward)
        let quotedAnswer = Array(frames.icmp(type: reply, identifier: 1).dropFirst(14))
        expect("an error about its answer", router.icmp(type: unreachable, rest: quotedAnswer), 2, answered)
        return failures
    }
}

import FlowCore
import FoundationEssentials
import Testing

@Suite("Numbers that the kernel program's C code repeats")
struct NumberTests {
    @Test("OPS-1 the numbers in numbers.bpf.h equal those of FlowCore's enums")
    func numbers() throws {
        var path = #filePath.split(separator: "/").map(String.init)
        path.removeLast(3)
        let header = try String(
            contentsOfFile: "/" + path.joined(separator: "/") + "/KernelProgram/include/numbers.bpf.h", encoding: .utf8)
        var found: [String: Int] = [:]
        for line in header.split(separator: "\n") where line.contains(" = ") {
            let words = line.split { " =,".contains($0) }
            if words.count == 2, let number = Int(words[1]) { found[String(words[0])] = number }
        }
        let expected: [String: UInt8] = [
            "ACTION_FORWARD": Verdict.Action.forward.rawValue, "ACTION_DROP": Verdict.Action.drop.rawValue,
            "ACTION_ANSWER_RESET": Verdict.Action.answerReset.rawValue, "ACTION_HOST": Verdict.Action.host.rawValue,
            "ACTION_UNROUTABLE": Verdict.Action.unroutable.rawValue,
            "ACTION_NO_SESSION_YET": Verdict.Action.noSessionYet.rawValue,
            "ACTION_PARSED": Verdict.Action.parsed.rawValue, "ROUTE_FORWARD": RouteKind.forward.rawValue,
            "ROUTE_FORWARD_SLOWLY": RouteKind.forwardSlowly.rawValue, "ROUTE_HOST": RouteKind.host.rawValue,
            "ROUTE_UNREACHABLE": RouteKind.unreachable.rawValue,
            "REASON_MALFORMED": DropReason.malformed.rawValue, "REASON_NO_ROUTE": DropReason.noRoute.rawValue,
            "REASON_UNSUPPORTED": DropReason.unsupported.rawValue,
            "KIND_ICMP_ERROR": PacketKind.icmpError.rawValue,
            "REASON_WRONG_ZONE": DropReason.wrongZone.rawValue,
            "FLAG_FOLLOWS_CLOSELY": PacketFlags.followsClosely,
            "FLAG_KEEPS_TIMESTAMPS": PacketFlags.keepsTimestamps,
            "COUNTER_FORWARDED_PACKETS": Counter.forwardedToDestinationPackets.rawValue,
            "COUNTER_FORWARDED_BYTES": Counter.forwardedToDestinationBytes.rawValue,
            "COUNTERS_TO_SOURCE":
                Counter.forwardedToSourcePackets.rawValue - Counter.forwardedToDestinationPackets.rawValue,
            "COUNTER_SLOW_PATH": Counter.slowPathPackets.rawValue, "COUNTER_HOST": Counter.hostPackets.rawValue,
            "COUNTER_RESETS_ANSWERED": Counter.resetsAnswered.rawValue,
            "COUNTER_EVENTS_LOST": Counter.eventsLost.rawValue,
            "COUNTER_EVENTS_SUPPRESSED": Counter.eventsSuppressed.rawValue,
        ]
        #expect(found == expected.mapValues(Int.init))
    }
}

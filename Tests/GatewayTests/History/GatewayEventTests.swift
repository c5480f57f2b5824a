import Fleet
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite("Events for the history")
struct GatewayEventTests {
    @Test("OPS-4 every event has a kind, a subject and its details")
    func records() {
        let change = FleetChange(
            time: 5, kind: .instanceUnresponsive, instance: 3, cause: "no heartbeat for 5 s",
            details: ["sessions": 77, "share": .number(0.5), "why": "text"])
        #expect(
            FleetHistory.event(change, time: 9)
                == HistoryEvent(
                    time: 9, kind: "instanceUnresponsive", subject: "instance 3", cause: "no heartbeat for 5 s",
                    detail: ["sessions": 77, "share": 0.5, "why": "text"]))
        let stopped = GatewayEvent.stopped(reason: "SIGTERM", sessionsLeft: 4, ends: ["idleReset": 2]).record(time: 1)
        #expect(stopped.cause == "SIGTERM" && stopped.subject == "gateway")
        #expect(stopped.detail == ["sessionsLeft": 4, "ended": .object(["idleReset": 2])])
        #expect(
            GatewayEvent.tookOver(rules: 1, predecessor: nil).record(time: 1).detail == ["rules": 1],
            "what is not known is left out")
    }

    @Test("ends since the last event are recorded, once an hour")
    func tally() {
        let hour = EndTally.intervalNanoseconds
        var tally = EndTally(counts: ["fin": 5], now: 100)
        #expect(!tally.isDue(now: 99 + hour) && tally.isDue(now: 100 + hour))
        #expect(tally.take(["fin": 7, "idleReset": 1, "policy": 0], now: 100 + hour) == ["fin": 2, "idleReset": 1])
        #expect(!tally.isDue(now: 101 + hour))
        #expect(tally.take(["fin": 7, "idleReset": 1], now: 100 + 2 * hour) == [:])
    }
}

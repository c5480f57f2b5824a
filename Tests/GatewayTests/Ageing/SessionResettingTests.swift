import FlowCore
import FlowLayout
import Policy
import Testing

@testable import Gateway

@Suite struct SessionResettingTests {
    let plain = PlainTable()
    var resetting: SessionResetting { SessionResetting(table: plain.table, outlet: plain.outlet) }

    /// Ends the named sessions, in as many steps as necessary.
    private func reset(_ sessions: [SessionReference], now: UInt32) -> Int {
        var work = SessionWork(ending: sessions, reason: .operatorReset)
        while !work.isDone { work.advance(resetting, now: now) }
        return work.ended
    }

    @Test(
        "RST-5 an operator's reset ends a session in the same way: tombstone, RSTs to both ends",
        arguments: [SessionState.synSent, .synReceived, .established, .closing])
    func byHand(state: SessionState) throws {
        let slot = try #require(plain.admit(port: 1, state: state))
        let reference = SessionReference(slot: UInt32(slot), generation: 0)
        #expect(reset([reference], now: 7) == 1)
        #expect(plain.state(slot) == .resetting)
        #expect(plain.table.word(slot).tick == 7)
        #expect(plain.table.sessions[slot].endReason == EndReason.operatorReset.rawValue)
        #expect(Set(plain.outlet.segments.map(\.destinationPort)) == [1, 443])
        #expect(plain.halfOpenOfSource(slot, at: 7) == 0)
        plain.machine().pass(now: 7)
        #expect(plain.halfOpenEstimate == 0)
        #expect(plain.table.instance.pointee.resetsSent == 2)
        #expect(reset([reference], now: 8) == 0)
    }

    @Test("RST-5 a session that has ended, another one in its slot, and a slot that does not exist are left alone")
    func others() throws {
        let slot = try #require(plain.admit(port: 1))
        let wrong = [SessionReference(slot: UInt32(slot), generation: 4), SessionReference(slot: 9999, generation: 0)]
        #expect(reset(wrong, now: 7) == 0)
        #expect(plain.state(slot) == .established)
        #expect(plain.outlet.segments.isEmpty)
    }

    @Test("RST-5 a session of another protocol ends without a message, and its instance releases the slot")
    func udp() throws {
        let slot = try #require(plain.admit(port: 1, treatment: TreatmentIndex.udp, ipProtocol: IPProtocol.udp))
        let reference = SessionReference(slot: UInt32(slot), generation: 0)
        #expect(reset([reference], now: 7) == 1)
        #expect(plain.state(slot) == .ending)
        #expect(plain.outlet.segments.isEmpty)
        let machine = plain.machine()
        machine.pass(now: 8)
        _ = machine.workOff()
        #expect(plain.state(slot) == .free)
        #expect(plain.slotsAreWhole())
    }

    @Test("NSG-3 a change of the firewall's own rules to deny ends the sessions it denies, and no other")
    func denied() throws {
        for port in 0..<200 { plain.admit(port: UInt16(port)) }
        var work = SessionWork(judgingBy: { question in
            var answer = question
            #expect(question.source.low == 0xFFFF_0A01_0002 && question.destinationPort == 443)
            answer.allowed = question.sourcePort % 2 == 0 ? 1 : 0
            return answer
        })
        while !work.isDone { work.advance(resetting, now: 7) }
        #expect(work.ended == 100)
        for slot in 0..<200 {
            #expect(plain.state(slot) == (plain.sourcePort(slot) % 2 == 0 ? .established : .resetting))
        }
        #expect(plain.outlet.segments.count == 200)
    }

    @Test(
        "RECOV-1 many sessions are ended in steps, and the controller's loop runs in between",
        arguments: [false, true])
    func pieces(isJudging: Bool) {
        for port in 0..<200 { plain.admit(port: UInt16(port)) }
        let all = (0..<200).map { SessionReference(slot: UInt32($0), generation: 0) }
        var work =
            isJudging
            ? SessionWork(judgingBy: { _ in sluice_classification() })
            : SessionWork(ending: all, reason: .operatorReset)
        work.advance(resetting, now: 7)
        #expect(work.ended == SessionResetting.batchSessions && !work.isDone)
        while !work.isDone { work.advance(resetting, now: 7) }
        #expect(work.ended == 200 && plain.outlet.segments.count == 400)
        for slot in 0..<200 { #expect(plain.state(slot) == .resetting) }
    }
}

extension PlainTable {
    func sourcePort(_ slot: Int) -> UInt16 { Reevaluation.question(table.sessions[slot]).sourcePort }
}

import FlowCore
import FlowLayout
import FlowModel
import Testing

@Suite("Admission")
struct AdmissionTests {
    let bench = ModelBench()
    let frames = FrameBuilder()

    private func found(of frames: FrameBuilder, protocol ipProtocol: UInt8 = IPProtocol.tcp, ports: Bool = true)
        -> (sluice_session, ControlWord)?
    {
        var key = TCPScript("", "").key(of: frames)
        key.protocol = ipProtocol
        if !ports {
            key.lowPort = 0
            key.highPort = 0
        }
        return bench.session(key)
    }

    @Test("SESS-1 a segment without a session is answered with a RST if the configuration says so; a RST never is")
    func resetWithoutSession() {
        bench.tables.runtime?.pointee.resetWithoutSession = 1
        let ack = bench.judge(frames.tcp(flags: TCPFlags.ack, sequence: 1, acknowledgment: 2), Circumstances())
        #expect(ack == .answerReset(.noSession))
        let rst = bench.judge(frames.tcp(flags: TCPFlags.rst, sequence: 1), Circumstances())
        #expect(rst == .drop(.noSession))
        let echo = bench.judge(frames.icmp(type: 0), Circumstances())
        #expect(echo == .drop(.noSession))
    }

    @Test("SESS-7 UDP, ICMP echo and other protocols have sessions, each with its class's treatment")
    func otherProtocols() throws {
        #expect(bench.judge(frames.udp(), Circumstances(now: 5)) == .forward)
        let udp = try #require(found(of: frames, protocol: IPProtocol.udp))
        #expect(udp.1.state == .established && udp.1.treatment == TreatmentIndex.udp && udp.1.tick == 5)
        #expect(bench.judge(frames.reversed.udp(), Circumstances(zone: 2, routeZone: 1, now: 9)) == .forward)
        #expect(found(of: frames, protocol: IPProtocol.udp)?.1.tick == 9)

        #expect(bench.judge(frames.icmp(type: 8), Circumstances()) == .forward)
        #expect(bench.judge(frames.reversed.icmp(type: 0), Circumstances(zone: 2, routeZone: 1)) == .forward)
        #expect(bench.judge(frames.icmp(type: 0), Circumstances()) == .drop(.noSession))
        #expect(bench.judge(frames.icmp(type: 0, identifier: 9), Circumstances()) == .drop(.noSession))

        #expect(bench.judge(frames.frame(protocol: IPProtocol.esp, [0, 0, 0, 1]), Circumstances()) == .forward)
        let esp = try #require(found(of: frames, protocol: IPProtocol.esp, ports: false))
        #expect(esp.1.treatment == TreatmentIndex.otherProtocol)
    }

    @Test(
        "SESS-7 an ICMP error from the other end's zone reaches the quoted packet's sender, and restarts no timer"
    )
    func icmpErrors() {
        #expect(bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 999), Circumstances(now: 1)) == .forward)
        let quoted = Array(frames.tcp(flags: TCPFlags.syn, sequence: 999).dropFirst(14).prefix(28))
        var router = frames.reversed
        router.source = "203.0.113.1"
        let unreachable = router.icmp(type: 3, code: 4, rest: quoted)
        #expect(bench.judge(unreachable, Circumstances(zone: 2, routeZone: 1, now: 50)) == .forward)
        #expect(found(of: frames)?.1.tick == 1)
        #expect(bench.judge(unreachable, Circumstances(zone: 1, routeZone: 1, now: 50)) == .drop(.wrongZone))

        // RFC 5927: the quoted segment must be in flight.
        let forged = Array(frames.tcp(flags: TCPFlags.ack, sequence: 77_000_000).dropFirst(14).prefix(28))
        #expect(
            bench.judge(router.icmp(type: 3, code: 4, rest: forged), Circumstances(zone: 2, routeZone: 1))
                == .drop(.outOfWindow))
        var other = frames
        other.destinationPort = 1
        let unknown = Array(other.tcp(flags: TCPFlags.syn, sequence: 999).dropFirst(14).prefix(28))
        #expect(
            bench.judge(router.icmp(type: 3, code: 4, rest: unknown), Circumstances(zone: 2, routeZone: 1))
                == .drop(.noSession))
        #expect(
            bench.judge(router.icmp(type: 3, rest: [0x45, 0]), Circumstances(zone: 2, routeZone: 1))
                == .drop(.malformed))
    }

    @Test(
        "BAD-7 multicast listener discovery of the link reaches the gateway; forged messages from other links do not",
        arguments: [130, 131, 132, 143])
    func listenerDiscovery(type: UInt8) {
        bench.tables.policy = { question in
            question.pointee.allowed = 0
            return true
        }
        var near = frames
        near.source = "fe80::1"
        near.destination = "ff02::16"
        near.timeToLive = 1
        // A router alert (RFC 2711).
        near.extensions = [(0, [0, 0, 5, 2, 0, 0, 1, 0])]
        let toHost = Circumstances(routeKind: .host)
        #expect(bench.judge(near.icmp(type: type, rest: [UInt8](repeating: 0, count: 16)), toHost) == .host)
        var far = near
        far.timeToLive = 2
        #expect(bench.judge(far.icmp(type: type), toHost) == .drop(.hostDenied))
        far = near
        far.source = "fd00:1::10"
        #expect(bench.judge(far.icmp(type: type), toHost) == .drop(.hostDenied))
        // An adjacent type (RFC 4443: 100, 127, 129 to 150).
        #expect(bench.judge(near.icmp(type: 144), toHost) == .drop(.hostDenied))
    }

    @Test("SESS-8 later fragments pass after their first one, and are dropped without it", arguments: [false, true])
    func fragments(isIPv6: Bool) {
        var first = frames
        if isIPv6 {
            first.source = "fd00:1::10"
            first.destination = "2001:db8:3::10"
        }
        first.identification = 77
        first.moreFragments = true
        var later = first
        later.fragmentOffset = 1480
        let rest = [UInt8](repeating: 3, count: 96)
        #expect(bench.judge(later.frame(protocol: 17, rest), Circumstances(now: 10)) == .drop(.fragment))
        #expect(bench.judge(first.udp(payload: 1472), Circumstances(now: 10)) == .forward)
        #expect(bench.judge(later.frame(protocol: 17, rest), Circumstances(now: 10)) == .forward)
        later.moreFragments = false
        #expect(bench.judge(later.frame(protocol: 17, rest), Circumstances(now: 10)) == .forward)
        var other = later
        other.identification = 78
        #expect(bench.judge(other.frame(protocol: 17, rest), Circumstances(now: 10)) == .drop(.fragment))
        // From another zone, or too late.
        #expect(bench.judge(later.frame(protocol: 17, rest), Circumstances(zone: 2, now: 10)) == .drop(.fragment))
        #expect(bench.judge(later.frame(protocol: 17, rest), Circumstances(now: 10 + 1801)) == .drop(.fragment))
    }

    @Test("SESS-8 a later fragment that would overwrite the TCP header is malformed")
    func overlappingFragment() {
        var tiny = frames
        tiny.fragmentOffset = 8
        #expect(bench.judge(tiny.frame(protocol: 6, [1, 2, 3, 4]), Circumstances()) == .drop(.malformed))
    }

    @Test("SESS-9 a full table refuses new sessions and evicts none")
    func capacity() {
        var frames = frames
        for port in 0..<64 {
            frames.sourcePort = 1000 + UInt16(port)
            #expect(bench.judge(frames.udp(), Circumstances()) == .forward)
        }
        frames.sourcePort = 2000
        #expect(bench.judge(frames.udp(), Circumstances()) == .drop(.capacity))
        frames.sourcePort = 1000
        #expect(bench.judge(frames.udp(), Circumstances()) == .forward)
        for port in 0..<64 {
            frames.sourcePort = 1000 + UInt16(port)
            #expect(found(of: frames, protocol: IPProtocol.udp) != nil)
        }
    }

    @Test("BAD-2 half-open sessions have their own share of the table")
    func halfOpenShare() {
        bench.tables.runtime?.pointee.halfOpenLimit = 2
        var frames = frames
        for port: UInt16 in [1, 2] {
            frames.sourcePort = port
            #expect(bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 999), Circumstances()) == .forward)
        }
        frames.sourcePort = 3
        #expect(bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 999), Circumstances()) == .drop(.capacity))
        #expect(bench.judge(frames.udp(), Circumstances()) == .forward)
        // A session that becomes established makes room for another.
        frames.sourcePort = 1
        let back = Circumstances(zone: 2, routeZone: 1)
        let synAck = TCPFlags.syn | TCPFlags.ack
        #expect(bench.judge(frames.reversed.tcp(flags: synAck, sequence: 4999, acknowledgment: 1000), back) == .forward)
        #expect(
            bench.judge(frames.tcp(flags: TCPFlags.ack, sequence: 1000, acknowledgment: 5000), Circumstances())
                == .forward)
        #expect(bench.tables.runtime.map(HalfOpenTally.estimate) == 1)
        frames.sourcePort = 3
        #expect(bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 999), Circumstances()) == .forward)
    }

    @Test(
        "SESS-10 class and direction depend on the internal prefixes",
        arguments: [
            (true, true, TrafficClass.eastWest, SessionDirection.outbound),
            (true, false, .northSouth, .outbound), (false, true, .northSouth, .inbound),
            (false, false, .northSouth, .outbound),
        ])
    func classes(source: Bool, destination: Bool, trafficClass: TrafficClass, direction: SessionDirection) throws {
        bench.tables.policy = { question in
            question.pointee.allowed = 1
            question.pointee.rule = 42
            question.pointee.treatment = TreatmentIndex.byClass
            question.pointee.sourceIsInternal = source ? 1 : 0
            question.pointee.destinationIsInternal = destination ? 1 : 0
            return true
        }
        _ = bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 999), Circumstances(now: 3))
        let (session, word) = try #require(found(of: frames))
        #expect((session.flags & SessionFlags.eastWest != 0) == (trafficClass == .eastWest))
        #expect((session.flags & SessionFlags.inbound != 0) == (direction == .inbound))
        #expect(word.treatment == (trafficClass == .eastWest ? TreatmentIndex.eastWest : TreatmentIndex.northSouth))
        #expect(session.rule == 42 && session.createdTick == 3)
        #expect(session.originator.packets == 1 && session.originator.bytes == 40 && session.responder.packets == 0)
        #expect(session.originator.zone == 1 && session.responder.zone == 2)
    }

    @Test("IDLE-5 a rule's own treatment takes precedence over the class's")
    func ownTreatment() throws {
        bench.tables.policy = { question in
            question.pointee.allowed = 1
            question.pointee.treatment = 17
            return true
        }
        _ = bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 999), Circumstances())
        #expect(try #require(found(of: frames)).1.treatment == 17)
    }

    @Test("LOG-2 LOG-3 every begin and deny is an event, but denies above the limit are not")
    func events() {
        _ = bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 999), Circumstances())
        bench.tables.policy = { _ in true }
        _ = bench.judge(frames.udp(), Circumstances())
        #expect(bench.tables.events.map(\.kind) == [EventKind.begin.rawValue, EventKind.deny.rawValue])
        #expect(bench.tables.events[1].reason == DropReason.denied.rawValue)
        bench.tables.denyEventsAllowed = false
        #expect(bench.judge(frames.udp(), Circumstances()) == .drop(.denied))
        #expect(bench.tables.events.count == 2)
    }

    @Test("LOG-2 without flow logs there are no events")
    func noEvents() throws {
        let runtime = try #require(bench.tables.runtime)
        runtime.pointee.reportsEvents = 0
        #expect(bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 999), Circumstances()) == .forward)
        bench.tables.policy = { _ in true }
        #expect(bench.judge(frames.udp(), Circumstances()) == .drop(.denied))
        #expect(bench.tables.events.isEmpty)
    }

    @Test("BAD-5 without a policy nothing is admitted")
    func noPolicy() {
        bench.tables.policy = { _ in false }
        #expect(bench.judge(frames.udp(), Circumstances()) == .drop(.denied))
        #expect(bench.judge(frames.udp(), Circumstances(routeKind: .host)) == .drop(.hostDenied))
    }

    @Test("BAD-1 packets with a forged source, a martian address, or an egress interface without a zone are dropped")
    func forged() {
        #expect(bench.judge(frames.udp(), Circumstances(sourceZone: 2)) == .drop(.wrongZone))
        #expect(bench.judge(frames.udp(), Circumstances(routeZone: 0)) == .drop(.noRoute))
        #expect(bench.judge(frames.udp(), Circumstances(routeKind: .unreachable)) == .unroutable)
        for source in ["127.0.0.1", "0.1.2.3", "224.0.0.1", "::1", "fe80::1", "ff02::1"] {
            var martian = FrameBuilder()
            martian.source = source
            if source.contains(":") { martian.destination = "2001:db8:3::10" }
            #expect(bench.judge(martian.udp(), Circumstances()) == .drop(.unsupported), "\(source)")
        }
    }

    @Test("BAD-4 the gateway answers pings and neighbour solicitations, and nothing else unless a host rule allows it")
    func host() {
        bench.tables.policy = { question in
            question.pointee.allowed = question.pointee.forHost == 1 && question.pointee.destinationPort == 22 ? 1 : 0
            return true
        }
        let toHost = Circumstances(routeKind: .host)
        #expect(bench.judge(frames.icmp(type: 8), toHost) == .host)
        #expect(bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 1), toHost) == .drop(.hostDenied))
        var ssh = frames
        ssh.destinationPort = 22
        #expect(bench.judge(ssh.tcp(flags: TCPFlags.syn, sequence: 1), toHost) == .host)
        #expect(bench.judge(ssh.tcp(flags: TCPFlags.syn, sequence: 1), Circumstances()) == .drop(.denied))
        var neighbour = frames
        neighbour.source = "fe80::2"
        neighbour.destination = "fe80::1"
        #expect(bench.judge(neighbour.icmp(type: 135), toHost) == .host)
        bench.tables.runtime?.pointee.hostPing = 0
        #expect(bench.judge(frames.icmp(type: 8), toHost) == .drop(.hostDenied))
    }

    @Test("LOG-2 two processors begin the same session: it begins once, and the other slot is not reported")
    func sameFlow() throws {
        let syn = frames.tcp(flags: TCPFlags.syn, sequence: 999)
        let tables = bench.tables
        let bench = bench
        // While the first processor asks the policy, another one judges the same SYN completely.
        tables.policy = { question in
            question.pointee.allowed = 1
            question.pointee.treatment = TreatmentIndex.byClass
            tables.policy = { question in
                question.pointee.allowed = 1
                question.pointee.treatment = TreatmentIndex.byClass
                return true
            }
            #expect(bench.judge(syn, Circumstances()) == .forward)
            return true
        }
        #expect(bench.judge(syn, Circumstances()) == .forward)
        #expect(tables.events.count == 1 && tables.begun.values.reduce(0, +) == 1)
        let states = (0..<tables.table.slotCount).compactMap { ControlWord(rawValue: tables.table.words[$0]).state }
        #expect(states.count { $0 == .synSent } == 1 && states.count { $0 == .abandoned } == 1)
        #expect(states.count { $0 == .free } == tables.table.slotCount - 2)
        #expect(tables.runtime.map(HalfOpenTally.estimate) == 1)
        #expect(found(of: frames)?.1.state == .synSent)
    }

    @Test("KEEP-3 a slot that belongs to a session is not given to another one, even if it is in the free ring again")
    func lostSlot() throws {
        #expect(bench.judge(frames.udp(), Circumstances()) == .forward)
        let slot = try #require((0..<bench.tables.table.slotCount).first { bench.tables.table.words[$0] != 0 })
        let before = bench.tables.table.sessions[slot]
        // The same slot is in the free ring once more.
        let slab = bench.tables.table.slabs
        bench.tables.table.freeRing[Int(slab.pointee.head & 63)] = UInt16(slot)
        var other = frames
        other.sourcePort = 7
        #expect(bench.judge(other.udp(), Circumstances()) == .drop(.capacity))
        #expect(bench.judge(frames.udp(), Circumstances()) == .forward)
        #expect(bench.tables.table.sessions[slot].key.lowPort == before.key.lowPort)
        #expect(bench.tables.table.sessions[slot].originator.packets == 2)
        #expect(bench.judge(other.udp(), Circumstances()) == .forward)
    }

    @Test(
        "BAD-10 a source has only its part of the half-open sessions; above it, its SYNs are `limited`, and no others")
    func sourceLimit() throws {
        let runtime = try #require(bench.tables.runtime)
        runtime.pointee.halfOpenLimit = 20
        runtime.pointee.halfOpenLimitPerSource = 5
        func syn(_ source: String, _ port: UInt16, now: UInt32 = 100) -> Verdict {
            var frames = frames
            frames.source = source
            if source.contains(":") { frames.destination = "2001:db8:f::1" }
            frames.sourcePort = port
            return bench.judge(frames.tcp(flags: TCPFlags.syn, sequence: 999), Circumstances(now: now))
        }
        for port: UInt16 in 1...5 { #expect(syn("10.1.0.10", port) == .forward) }
        #expect(syn("10.1.0.10", 6) == .drop(.limited))
        #expect(runtime.pointee.sourceLimitedTick == 100)
        #expect(syn("10.1.0.11", 6) == .forward)
        // UDP has no handshake.
        var datagram = frames
        datagram.sourcePort = 6
        #expect(bench.judge(datagram.udp(), Circumstances(now: 100)) == .forward)
        // IPv6: all addresses of a /64 count as one source.
        for host: UInt16 in 1...5 { #expect(syn("2001:db8:0:1::\(host)", host) == .forward) }
        #expect(syn("2001:db8:0:1:ffff::9", 9) == .drop(.limited))
        #expect(syn("2001:db8:0:2::1", 9) == .forward)
        // A completed handshake makes room for another.
        var first = frames
        first.sourcePort = 1
        let back = Circumstances(zone: 2, routeZone: 1, now: 101)
        let synAck = TCPFlags.syn | TCPFlags.ack
        #expect(bench.judge(first.reversed.tcp(flags: synAck, sequence: 4999, acknowledgment: 1000), back) == .forward)
        let ack = first.tcp(flags: TCPFlags.ack, sequence: 1000, acknowledgment: 5000)
        #expect(bench.judge(ack, Circumstances(now: 101)) == .forward)
        #expect(syn("10.1.0.10", 6, now: 102) == .forward)
        #expect(syn("10.1.0.10", 7, now: 102) == .drop(.limited))
        // A count that was never subtracted ends with its epoch: a killed process leaves no permanent count.
        let epoch = UInt32(1) << runtime.pointee.sourceEpochShift
        #expect(syn("10.1.0.10", 7, now: 100 + 2 * epoch) == .forward)
    }

    @Test("BAD-8 a source's tally counts sessions by the epoch in which they began, and never falls below zero")
    func sourceTally() {
        var word: UInt64 = 0
        for _ in 0..<3 { word = SourceTally.adding(word, epoch: 7) }
        #expect(SourceTally.count(word, epoch: 7) == 3 && SourceTally.count(word, epoch: 8) == 3)
        #expect(SourceTally.count(word, epoch: 9) == 0)
        word = SourceTally.adding(word, epoch: 8)
        #expect(SourceTally.count(word, epoch: 8) == 4)
        word = SourceTally.removing(word, began: 7, epoch: 8)
        #expect(SourceTally.count(word, epoch: 8) == 3 && SourceTally.count(word, epoch: 9) == 1)
        word = SourceTally.removing(word, began: 8, epoch: 8)
        for _ in 0..<9 { word = SourceTally.removing(word, began: 8, epoch: 8) }
        #expect(SourceTally.count(word, epoch: 8) == 2)
        for _ in 0..<9 { word = SourceTally.removing(word, began: 7, epoch: 8) }
        #expect(SourceTally.count(word, epoch: 8) == 0)
        // A processor that has read the clock a little earlier.
        word = SourceTally.adding(word, epoch: 7)
        #expect(SourceTally.count(word, epoch: 8) == 1)
        // The numbers wrap.
        word = SourceTally.adding(0, epoch: 0xFFFF)
        #expect(SourceTally.count(SourceTally.adding(word, epoch: 0), epoch: 0) == 2)
        // A session may stay for twice its timeout, and is in one of two epochs for all that time.
        for ticks: UInt32 in [1, 100, 1789, 100_000] {
            #expect(UInt64(1) << UInt64(SourceTally.shift(halfOpenTimeoutTicks: ticks)) > 2 * UInt64(ticks))
        }
    }
}

import Lab

/// CPU time for a packet of an established session: minimum-size frames of one session, or of many sessions chosen at
/// random.
struct EstablishedRow: Row {
    let sessions: Int

    /// There is one IPv6 session.
    var version = IPVersion.four

    var name: String {
        if version == .six { return "established-ipv6" }
        return isOne ? "established" : "established-million"
    }

    private var isOne: Bool { sessions == 1 }
    private static let warmUp = 2000

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contenders = try await testbed.contenders([.door, .plain, .nftables, .sluice])
        var senders: [ContenderKind: FrameSender] = [:]
        var meters: [ContenderKind: CPUMeter] = [:]
        for contender in contenders {
            try await contender.setHostsDropping(true)
            try await open(contender)
            senders[contender.kind] = try FrameSender(.data, host: contender.client, version: version)
            meters[contender.kind] = try CPUMeter(processes: contender.processes)
        }
        let rounds = try await Rounds(contenders, rounds: effort.shortRounds) { contender, round in
            guard let sender = senders[contender.kind], let meter = meters[contender.kind] else {
                preconditionFailure("\(contender.kind) has no sender")
            }
            try send(sender, Self.warmUp, seed: round)
            let before = try await contender.arrivals()
            let reading = try meter.measure { try send(sender, effort.packets, seed: round + 1) }
            try await check(contender, sent: effort.packets, arrived: try await contender.arrivals() - before)
            return Rounds.Sample(reading, operations: effort.packets)
        }
        return RowReport(
            name: name,
            title: "A packet of an established session, \(version), \(Frame.Kind.data.frameBytes(version) + 4) bytes, "
                + (isOne ? "one session" : "\(sessions) sessions chosen at random"),
            unit: "ns CPU a packet, net of the sender", figures: rounds.figures,
            comparisons: [
                rounds.comparison(.sluice, to: .nftables, "sluice / nftables", .atMost(0.60)),
                rounds.comparison(.sluice, to: .plain, "sluice / plain ip_forward", isOne ? .atMost(0.90) : nil),
            ])
    }

    private func open(_ contender: Contender) async throws {
        if contender.kind == .door { return }
        if !isOne { Progress.note("opening \(sessions) sessions through \(contender.kind.title)") }
        try SessionOpener(client: contender.client, service: contender.service, version: version).open(0..<sessions)
        guard let found = try await contender.sessionCount() else { return }
        // Half-open sessions of an earlier row may still exist.
        guard found >= sessions, found <= sessions + sessions / 10 + 1_000_000 else {
            throw BenchError.sessions(contender: contender.kind.title, expected: sessions, found: found)
        }
    }

    private func send(_ sender: FrameSender, _ count: Int, seed: Int) throws {
        if isOne {
            let flow = Flow(number: 0)
            try sender.send(count) { frame, index in frame.writeData(flow, segment: index) }
        } else {
            var random = XorShift(seed: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
            try sender.send(count) { frame, index in
                frame.writeData(Flow(number: random.next(below: sessions)), segment: index)
            }
        }
    }

    /// With the sender alone no packet is forwarded; with the others, all are.
    private func check(_ contender: Contender, sent: Int, arrived: Int) async throws {
        let expected = contender.kind == .door ? 0...sent / 100 : sent - sent / 100...sent + sent / 100
        guard expected.contains(arrived) else {
            throw BenchError.notForwarded(contender: contender.kind.title, sent: sent, arrived: arrived)
        }
    }
}

import Fleet

/// Clients and servers: they open sessions, send keep-alives or are idle, and close sessions.
extension Simulation {
    mutating func sessionOpens() {
        if !isQuiet {
            agenda.add(.sessionOpens, at: now + random.milliseconds(1...2_000) / UInt64(scenario.opensPerSecond))
        }
        let keepAlive: UInt64? = [30 * .second, 30 * .second, 10 * .second, nil][Int.random(in: 0..<4, using: &random)]
        let (admission, instance) = kernel.admit(hash: random.next(), keepAlive: keepAlive, now: now)
        guard case .admitted(let session) = admission else { return }
        report.counts.sessions += 1
        checks.admitted(to: instance, state: kernel.records[Int(instance)].state)
        if let keepAlive { agenda.add(.endsSpeak(session), at: now + random.milliseconds(1...keepAlive / 1_000_000)) }
        // Most sessions are short.
        if random.chance(60) { agenda.add(.sessionCloses(session), at: now + random.milliseconds(100...60_000)) }
    }

    /// Both ends send their keep-alives.
    mutating func endsSpeak(_ session: Int) {
        guard let keepAlive = kernel.sessions[session].keepAlive else { return }
        switch kernel.sessions[session].state {
        case .live:
            kernel.sessions[session].lastActivity = now
        case .tombstone:
            // The kernel answers with an RST at the sequence number that the end itself has sent.
            kernel.sessions[session].hasSpokenSinceReset = true
            kernel.sessions[session].clientIsAware = true
            kernel.sessions[session].serverIsAware = true
            return
        case .gone:
            // Dropped as noSession: the ends detect the loss by themselves.
            return
        }
        agenda.add(.endsSpeak(session), at: now + keepAlive)
    }
}

internal import SluiceResilience

/// What must be true at every step, when a stream ends, and at the end of a run.
extension ResumeWorld {
    /// Memory of an end, at every step.
    func check<Stream>(_ shell: VirtualShell<Stream>) {
        let piece = shell.application.script.steps.reduce(1) {
            if case .send(let count, let piece) = $1 { max($0, min(count, piece)) } else { $0 }
        }
        let keptBytes = shell.stream.end.keptBytes
        if keptBytes >= shell.limits.bufferBytes + piece {
            fail("the \(shell.side) keeps \(keptBytes) bytes, its limit is \(shell.limits.bufferBytes)")
        }
        // The ends of a direction take two positions.
        let waiting = shell.stream.end.received - shell.stream.end.written
        if shell.outcome == nil, waiting > UInt64(shell.limits.bufferBytes) + 2 {
            fail("the \(shell.side) has \(waiting) bytes for its application")
        }
    }

    /// An end of the stream is over.
    func checkOutcome<Stream>(_ shell: VirtualShell<Stream>, _ cause: StreamCause) {
        let application = shell.application
        report.outcomes["\(shell.side): \(cause)", default: 0] += 1
        switch cause {
        case .done:
            guard application.isComplete else {
                return fail("the \(shell.side) says done, but its application is not: \(application.text)")
            }
            if let peer = shell.peer, !peer.isDead, !peer.hasReset, !application.gotReset {
                // A RST that follows a FIN may be too late: then the other application has seen all the same.
                let hasAll =
                    peer.gotReset || (application.hasFinished && peer.gotFinish && peer.received == application.sent)
                if !hasAll {
                    return fail("the \(shell.side) says done, but the other application is not: \(peer.text)")
                }
            }
            if shell.side == .client, !isServerEnded { checkUnanswered() }
        case .patience: checkPatience(shell)
        case .unknownStream:
            let isKnown = serverLife == 0 && !targets.contains { $0.outcome != nil }
            if isKnown { fail("the server does not know the stream, but was not restarted") }
        case .shutdown: if plan.shutdown == nil { fail("shutdown, but no end is stopped") }
        case .targetUnreachable: if !plan.targetRefuses { fail("the target is reachable") }
        case .full: if !plan.serverIsFull { fail("the server is not full") }
        case .resetLinger:
            let applications = [client.application] + targets.map(\.application)
            if !applications.contains(where: \.hasReset) { fail("resetLinger, but nobody reset") }
        case .protocolError, .offsetOutside, .targetDenied, .notAuthenticated: fail("the stream is lost by \(cause)")
        }
    }

    private var isServerEnded: Bool { targets.last.map { $0.outcome != nil || $0.isDead } ?? false }

    private func checkPatience<Stream>(_ shell: VirtualShell<Stream>) {
        switch shell.side {
        case .client:
            // If the server gave up, that was judged then.
            if !targets.contains(where: { $0.outcome == .patience }) { checkGivenUp() }
        case .server:
            // Nobody comes back: rightly, if the client is gone.
            guard isClientAlive, client.outcome == nil else { return }
            // The client may notice a silent loss later than this server forgets.
            let noticed = plan.needed + nanoseconds(instant + plan.clientLimits.silence) - now
            if nanoseconds(instant + plan.longestRetention) - now >= noticed { checkGivenUp() }
        }
    }

    /// A client that gives up although it could have connected.
    private func checkGivenUp() {
        let patience = min(client.peer == nil ? plan.patience.begin : plan.patience.resume, plan.longestRetention)
        // It is too short for one attempt.
        if nanoseconds(instant + patience) - now < plan.needed { return }
        if now - lastTrouble >= plan.needed {
            fail("avoidable loss: the network has been whole for \((now - lastTrouble) / 1_000_000) ms")
        }
    }

    /// A client that ends without the server's answer to its done.
    private func checkUnanswered() {
        let needed = plan.needed + nanoseconds(instant + plan.clientLimits.answerWithin) - now
        if now - lastTrouble >= needed { fail("the client has no answer to its done, and the network is whole") }
    }

    // MARK: The end of a run

    func checkEnd() {
        if isClientAlive, client.outcome == nil { return fail("the client's end is not over") }
        let targets = targets.filter { $0.application.isBegun }
        for shell in targets where !shell.isDead && shell.outcome == nil { fail("the server's end is not over") }
        // Each application that lives saw the end of its connection.
        var applications = targets.filter { !$0.application.isDead }.map(\.application)
        if isClientAlive { applications.append(client.application) }
        for application in applications where !application.isComplete && application.wasReset == nil {
            fail("an application waits for ever: \(application.text)")
        }
        // Lost for one, and complete for the other: only if nothing is missing.
        for shell in targets where !shell.application.isDead && isClientAlive {
            // A target of before the stream began, for a server that forgot it: nothing of it reached the client.
            if let peer = client.peer, peer !== shell.application { continue }
            checkBoth(client.application, shell.application)
            checkBoth(shell.application, client.application)
        }
        checkLeftovers()
    }

    private func checkBoth(_ lost: VirtualApplication, _ other: VirtualApplication) {
        guard lost.wasReset != nil, !lost.isComplete, other.wasReset == nil, !other.hasReset, !other.gotReset else {
            return
        }
        fail("one application was reset (\(lost.text)), the other one was not (\(other.text))")
    }

    private func checkLeftovers() {
        if !streams.isEmpty { fail("the server still has a record of the stream") }
        if isClientAlive, client.stream.deadline != nil { fail("the client still has a deadline") }
        if isClientAlive, client.stream.end.keptBytes > 0 { fail("the client still keeps bytes") }
        for shell in targets where shell.stream.end.keptBytes > 0 && !shell.application.isDead {
            fail("the server still keeps bytes")
        }
        for link in links.values where link.ends[1] == .open || (isClientAlive && link.ends[0] == .open) {
            fail("connection \(link.number) is still open")
        }
    }
}

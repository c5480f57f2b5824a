internal import SluiceResilience

/// What the applications do, and what their shells pass on.
extension ResumeWorld {
    func begin<Stream>(_ application: VirtualApplication, of shell: VirtualShell<Stream>) {
        application.isBegun = true
        pump(shell)
    }

    /// The application goes on with its script, as far as the stream takes bytes.
    func offer<Stream>(_ shell: VirtualShell<Stream>) {
        let application = shell.application
        while application.isBegun, !application.isPaused, !application.isOver, violation == nil,
            application.step < application.script.steps.count
        {
            switch application.script.steps[application.step] {
            case .send(let count, let piece):
                guard shell.stream.end.acceptsBytes || sabotage == .keepsAll else { return }
                let bytes = application.send(min(piece, count - application.stepBytes))
                bytes.withUnsafeBytes { shell.stream.end.send($0) }
                application.stepBytes += bytes.count
                if application.stepBytes == count { nextStep(application) }
            case .pause(let time):
                nextStep(application)
                application.isPaused = true
                at(now + time) {
                    application.isPaused = false
                    self.pump(shell)
                }
            case .awaitBytes(let count):
                guard application.received >= count || application.gotFinish else { return }
                nextStep(application)
            case .awaitFinish:
                guard application.gotFinish else { return }
                nextStep(application)
            case .finish:
                note("application of the \(shell.side) sends FIN after \(application.sent) bytes")
                nextStep(application)
                application.finish()
                shell.stream.end.finish()
            case .reset:
                note("application of the \(shell.side) sends RST after \(application.sent) bytes")
                nextStep(application)
                // The connection of an application that sent and received a FIN can't be reset any more.
                if application.isComplete { return }
                application.reset()
                shell.stream.end.reset(now: instant)
            }
        }
    }

    private func nextStep(_ application: VirtualApplication) {
        application.step += 1
        application.stepBytes = 0
    }

    // MARK: Reading

    func scheduleRead<Stream>(_ shell: VirtualShell<Stream>) {
        let application = shell.application
        guard !application.readIsScheduled, !application.inbox.isEmpty else { return }
        application.readIsScheduled = true
        var pause = application.script.readPause
        if let stop = application.script.readStop, !application.readStopIsOver, application.received >= stop.bytes {
            application.readStopIsOver = true
            pause = stop.pause
            note("application of the \(shell.side) takes nothing for \(pause / 1_000_000) ms")
        }
        at(now + pause) {
            application.readIsScheduled = false
            self.read(shell)
        }
    }

    private func read<Stream>(_ shell: VirtualShell<Stream>) {
        let application = shell.application
        guard shell.outcome == nil, !shell.isDead, !application.isOver else { return }
        var room = application.script.readBytes
        while room > 0, violation == nil, let (item, position) = application.inbox.first {
            switch item {
            case .data(let bytes):
                let taken = bytes.prefix(room)
                room -= taken.count
                if let text = PrefixChecker.takes(taken, application, shell.peer) {
                    return fail("application of the \(shell.side): \(text)")
                }
                let rest = bytes.dropFirst(taken.count)
                if rest.isEmpty {
                    application.inbox.removeFirst()
                } else {
                    application.inbox[application.inbox.startIndex].item = .data(rest)
                }
                wrote(shell, upTo: position - UInt64(rest.count))
            case .finish:
                application.inbox.removeFirst()
                if let text = PrefixChecker.finishes(application, shell.peer) {
                    return fail("application of the \(shell.side): \(text)")
                }
                wrote(shell, upTo: position)
            case .reset(let forced):
                application.inbox.removeFirst()
                if let text = PrefixChecker.isReset(application, shell.peer, isForced: forced) {
                    return fail("application of the \(shell.side): \(text)")
                }
                wrote(shell, upTo: position)
                room = 0
            }
        }
        pump(shell)
        scheduleRead(shell)
    }

    private func wrote<Stream>(_ shell: VirtualShell<Stream>, upTo position: UInt64) {
        shell.stream.end.wrote(upTo: position, now: instant)
    }

    /// The application has not taken the data before a RST in time: it sees the RST without them.
    func linger<Stream>(_ shell: VirtualShell<Stream>) {
        guard shell.outcome == nil, !shell.isDead, !shell.application.isOver else { return }
        note("the data before the RST was not taken in time")
        shell.application.inbox = [(.reset(forced: true), shell.stream.end.received)]
        read(shell)
    }
}

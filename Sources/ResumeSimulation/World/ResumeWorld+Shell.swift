internal import SluiceResilience

/// What the shells of both ends have in common: they carry out what the machines direct.
extension ResumeWorld {
    /// Bytes of a connection that counts.
    func deliver<Stream>(_ bytes: [UInt8], to shell: VirtualShell<Stream>) {
        var position = 0
        bytes.withUnsafeBytes { buffer in
            while violation == nil, shell.outcome == nil {
                do throws(StreamCause) {
                    guard let event = try shell.stream.end.receive(buffer, &position, now: instant) else { break }
                    handle(event, buffer, shell)
                } catch {
                    note("\(shell.side): the other end violates the protocol: \(error)")
                    close(error, shell)
                    break
                }
            }
        }
        pump(shell)
    }

    private func handle<Stream>(
        _ event: StreamEnd.Event, _ bytes: UnsafeRawBufferPointer, _ shell: VirtualShell<Stream>
    ) {
        let application = shell.application
        let position = shell.stream.end.received
        switch event {
        case .data(let range):
            var data = ArraySlice(bytes[range])
            switch sabotage {
            case .losesByte where position > 4 && shell.side == .server: data.removeFirst()
            case .finishesEarly where position > 4 && shell.side == .server:
                application.inbox.append((.finish, position))
                return scheduleRead(shell)
            case .changesByte where position > 4 && shell.side == .client: data[data.startIndex] ^= 1
            default: break
            }
            application.inbox.append((.data(data), position))
            check(shell)
        case .finish: application.inbox.append((.finish, position))
        case .reset:
            application.inbox.append((.reset(forced: false), position))
            at(now + nanoseconds(instant + shell.limits.resetLinger) - now) { self.linger(shell) }
        case .closed(let cause):
            note("\(shell.side) receives close: \(cause)")
            // The answer.
            output(shell)
            return perform(shell.stream.close(cause, now: instant), shell)
        }
        scheduleRead(shell)
    }

    /// Sends and schedules what the machine wants now.
    func pump<Stream>(_ shell: VirtualShell<Stream>) {
        guard !shell.isDead, violation == nil else { return }
        if shell.outcome == nil { offer(shell) }
        while let link = attachedLink(shell), isWritable(link, shell.side), shell.stream.end.hasOutput(now: instant) {
            output(shell)
            if violation != nil { return }
        }
        if let cause = shell.stream.end.closed, cause != .done, shell.outcome == nil {
            perform(shell.stream.close(cause, now: instant), shell)
        }
        check(shell)
        schedule(shell)
    }

    private func attachedLink<Stream>(_ shell: VirtualShell<Stream>) -> VirtualLink? {
        guard let number = shell.stream.attachedConnection, let link = links[number],
            link.ends[shell.side.rawValue] == .open
        else { return nil }
        return link
    }

    func output<Stream>(_ shell: VirtualShell<Stream>) {
        guard let link = attachedLink(shell) else { return }
        var bytes: [UInt8] = []
        shell.stream.end.output(into: &bytes, limit: plan.outputLimit, now: instant)
        if let text = pace.output(now) { fail(text) }
        if !bytes.isEmpty { note("\(shell.side) sends \(bytes.count) bytes on \(link.number): \(frames(bytes))") }
        send(bytes, link, shell.side)
    }

    /// The types of frames, for the trace.
    private func frames(_ bytes: [UInt8]) -> String {
        var position = 0
        var text: [String] = []
        let names = ["data", "ack", "FIN", "RST", "ping", "pong", "close"]
        while position + 5 <= bytes.count {
            let length = bytes[position + 1..<position + 5].reduce(0) { $0 << 8 | Int($1) }
            let value = bytes[(position + 5)..<min(bytes.count, position + 5 + (bytes[position] == 0 ? 0 : length))]
                .reduce(0) { $0 << 8 | Int($1) }
            text.append(names[Int(bytes[position])] + " \(bytes[position] == 0 ? length : value)")
            position += 5 + length
        }
        return text.joined(separator: ", ")
    }

    // MARK: Time

    private func schedule<Stream>(_ shell: VirtualShell<Stream>) {
        guard let deadline = shell.stream.deadline else { return }
        let time = max(nanoseconds(deadline), now)
        guard time < shell.timerAt else { return }
        shell.timerAt = time
        at(time) {
            // A deadline that came earlier has another event.
            guard shell.timerAt == time else { return }
            shell.timerAt = .max
            self.timer(shell)
        }
    }

    private func timer<Stream>(_ shell: VirtualShell<Stream>) {
        guard !shell.isDead, violation == nil, let deadline = shell.stream.deadline else { return }
        guard nanoseconds(deadline) <= now else { return schedule(shell) }
        perform(shell.stream.timer(now: instant, using: &random), shell)
        if sabotage != .ignoresOutput { output(shell) }
        if !shell.isDead, let after = shell.stream.deadline, nanoseconds(after) <= now {
            fail(
                "busy loop: after timer and output, the deadline of the \(shell.side) is still \(nanoseconds(after)) ns"
            )
        }
        pump(shell)
    }

    // MARK: Directives

    func perform<Stream>(_ steps: [ShellStep], _ shell: VirtualShell<Stream>) {
        for step in steps {
            switch step {
            case .connect(let number): connect(number)
            case .abandon(let number):
                if sabotage == .abandonsNothing { continue }
                if let link = links[number] { close(link, shell.side) }
            case .end(let cause): ended(shell, cause)
            case .forget: forget(shell)
            }
        }
    }

    private func forget<Stream>(_ shell: VirtualShell<Stream>) {
        note("\(shell.side) forgets the stream")
        shell.isDead = true
        if sabotage != .forgetsNothing { streams[client.stream.machine.id] = nil }
    }

    /// This end ends the stream.
    func close<Stream>(_ cause: StreamCause, _ shell: VirtualShell<Stream>) {
        guard shell.outcome == nil else { return }
        shell.stream.end.close(cause)
        if attachedLink(shell) == nil { perform(shell.stream.close(cause, now: instant), shell) }
        pump(shell)
    }

    private func ended<Stream>(_ shell: VirtualShell<Stream>, _ cause: StreamCause) {
        note("\(shell.side) ends the stream: \(cause)")
        guard shell.outcome == nil else { return fail("the \(shell.side) ends the stream twice") }
        shell.outcome = cause
        checkOutcome(shell, cause)
        if cause != .done, sabotage != .endsQuietly { shell.application.wasReset = cause }
        shell.application.inbox = []
    }
}

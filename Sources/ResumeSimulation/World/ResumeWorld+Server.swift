internal import SluiceResilience

/// The server's connections, its registry and its targets.
extension ResumeWorld {
    func serverReceived(_ bytes: [UInt8], _ link: VirtualLink) {
        if let shell = link.stream {
            if shell.stream.attachedConnection == link.number { deliver(bytes, to: shell) }
            return
        }
        link.greeting += bytes
        guard !link.hasHello else { return fail("the client sends more before the welcome") }
        let decoded: (Hello, length: Int)?
        do {
            decoded = try link.greeting.withUnsafeBytes { (buffer) throws(StreamCause) in try Hello.decode(buffer) }
        } catch {
            return fail("the server can't read the hello of connection \(link.number)")
        }
        guard let (hello, length) = decoded else { return }
        link.hasHello = true
        if link.greeting.count > length { return fail("the client sends more before the welcome") }
        greet(hello, link)
    }

    private func greet(_ hello: Hello, _ link: VirtualLink) {
        if let shell = streams[hello.id] {
            let expected =
                hello.kind == .new
                ? shell.stream.machine.secret
                : ResumeWorld.proof(shell.stream.machine.secret, epoch: hello.epoch, link)
            switch shell.stream.machine.hello(
                hello, identity: "client", isProven: hello.secret == expected, on: link.number, now: instant)
            {
            case .welcome(let welcome, let replaced):
                if let replaced, let old = links[replaced] { close(old, .server) }
                self.welcome(welcome, link, shell)
            case .wait(let replaced):
                if let replaced, let old = links[replaced] { close(old, .server) }
                link.stream = shell
            }
            return pump(shell)
        }
        guard hello.kind == .new else { return welcome(Welcome(status: .unknownStream), link, nil) }
        guard !plan.serverIsFull else { return welcome(Welcome(status: .full), link, nil) }
        let shell = VirtualShell(
            .server,
            VirtualServerStream(
                ServerStream(
                    hello, identity: "client", on: link.number, limits: plan.serverLimits,
                    longestRetention: plan.longestRetention, now: instant)),
            VirtualApplication(key: 0x5E4E + UInt64(targets.count) * 977, plan.target), limits: plan.serverLimits)
        shell.peer = client.application
        streams[hello.id] = shell
        targets.append(shell)
        link.stream = shell
        openTarget(shell)
        if sabotage == .connectsTwice { openTarget(shell) }
    }

    private func openTarget(_ shell: VirtualShell<VirtualServerStream>) {
        if let text = TargetChecker.connects(plan, targets, shell) { fail(text) }
        at(now + plan.targetDelay) {
            guard !shell.isDead, shell.outcome == nil else { return }
            if self.plan.targetRefuses {
                shell.outcome = .targetUnreachable
                if let (welcome, number) = shell.stream.machine.failed(.targetUnreachable, now: self.instant),
                    let link = self.links[number]
                {
                    self.welcome(welcome, link, shell)
                }
            } else {
                if let (welcome, number) = shell.stream.machine.opened(now: self.instant), let link = self.links[number]
                {
                    self.welcome(welcome, link, shell)
                }
                self.begin(shell.application, of: shell)
            }
            self.pump(shell)
        }
    }

    private func welcome(_ welcome: Welcome, _ link: VirtualLink, _ shell: VirtualShell<VirtualServerStream>?) {
        note("server: welcome \(welcome.status), received \(welcome.received), written \(welcome.written)")
        var bytes: [UInt8] = []
        welcome.encode(into: &bytes)
        send(bytes, link, .server)
        if welcome.status == .ok { link.stream = shell } else { close(link, .server) }
    }

    func serverLost(_ link: VirtualLink) {
        guard let shell = link.stream, !shell.isDead else { return }
        perform(shell.stream.lost(link.number, now: instant, using: &random), shell)
        pump(shell)
    }

    /// The server's process begins again: it knows no stream.
    func restartServer() {
        note("the server is restarted")
        serverLife += 1
        trouble(until: now)
        for shell in targets {
            shell.isDead = true
            shell.application.isDead = true
        }
        streams = [:]
        for link in links.values.sorted(by: { $0.number < $1.number }) where link.ends[1] == .open {
            close(link, .server)
        }
    }

    /// An end is stopped in order.
    func shutDown(_ side: StreamSide) {
        note("the \(side) is stopped")
        switch side {
        case .client: if !client.isDead { close(.shutdown, client) }
        case .server: for shell in streams.values { close(.shutdown, shell) }
        }
    }
}

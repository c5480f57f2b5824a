internal import SluiceResilience

/// The client's connections.
extension ResumeWorld {
    func clientOpened(_ link: VirtualLink) {
        let earlier = client.stream.attachedConnection
        guard !client.isDead, var hello = client.stream.machine.connected(link.number, now: instant) else {
            return close(link, .client)
        }
        if let earlier, let old = links[earlier] { close(old, .client) }
        hello.secret = hello.kind == .new ? secret : ResumeWorld.proof(secret, epoch: hello.epoch, link)
        var bytes: [UInt8] = []
        hello.encode(into: &bytes)
        note("client: hello \(hello.kind), epoch \(hello.epoch), received \(hello.received), written \(hello.written)")
        send(bytes, link, .client)
        pump(client)
    }

    /// Stands for the proof, which depends on the connection's TLS.
    static func proof(_ secret: [UInt8], epoch: UInt32, _ link: VirtualLink) -> [UInt8] {
        secret.map { $0 &+ UInt8(truncatingIfNeeded: epoch) ^ UInt8(truncatingIfNeeded: link.number) }
    }

    func clientReceived(_ bytes: [UInt8], _ link: VirtualLink) {
        if client.stream.attachedConnection == link.number { return deliver(bytes, to: client) }
        link.answer += bytes
        let welcome: Welcome?
        do {
            welcome = try link.answer.withUnsafeBytes { (buffer) throws(StreamCause) in try Welcome.decode(buffer) }
        } catch {
            return fail("the client can't read the welcome of connection \(link.number)")
        }
        guard let welcome else { return }
        let rest = Array(link.answer.dropFirst(Welcome.bytes))
        link.answer = []
        note("client: welcome \(welcome.status), received \(welcome.received), written \(welcome.written)")
        if welcome.status == .ok, client.peer == nil { client.peer = link.stream?.application }
        let steps = client.stream.machine.welcome(welcome, on: link.number, now: instant, using: &random)
        report.resumptions = client.stream.machine.resumptions
        perform(steps.map(ShellStep.init), client)
        if client.stream.attachedConnection == link.number, !rest.isEmpty { deliver(rest, to: client) }
        pump(client)
    }

    func clientLost(_ link: VirtualLink) {
        guard !client.isDead else { return }
        perform(client.stream.lost(link.number, now: instant, using: &random), client)
        pump(client)
    }

    /// Room in a connection, because bytes were delivered.
    func wrote(_ link: VirtualLink, _ sender: StreamSide) {
        switch sender {
        case .client: if client.stream.attachedConnection == link.number { pump(client) }
        case .server:
            if let shell = link.stream, shell.stream.attachedConnection == link.number { pump(shell) }
        }
    }

    /// The client's process ends: its kernel resets what it had.
    func killClient() {
        guard client.outcome == nil else { return }
        note("the client's process dies")
        client.isDead = true
        isClientAlive = false
        client.application.isDead = true
        for link in links.values.sorted(by: { $0.number < $1.number }) { close(link, .client) }
    }
}

import Glibc

/// Waits for all sockets and for commands at the same time, and reports events.
final class EventLoop {
    private let options: ConnectionOptions
    private let endsWithLastConnection: Bool
    private var listener: Int32 = -1
    /// False after the end of standard input: there are no more commands then.
    private var hasInput = true
    private var connections: [Int: Connection] = [:]
    private var nextIdentifier = 1
    private var pendingInput = ""
    private var nextSending: Double?

    init(options: ConnectionOptions, endsWithLastConnection: Bool) {
        self.options = options
        self.endsWithLastConnection = endsWithLastConnection
        nextSending = options.sendEvery.map { monotonicSeconds() + $0 }
        // As many sockets as the machine allows.
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    // MARK: Making connections

    func listen(on address: SocketAddress) throws(EndpointError) {
        listener = try makeSocket(address.family)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        configure(Connection(identifier: 0, descriptor: listener, isConnecting: false, isReading: false))
        guard address.withPointer({ bind(listener, $0, $1) }) == 0, Glibc.listen(listener, 4096) == 0 else {
            throw EndpointError(what: "can't listen on port \(address.port)", number: errno)
        }
        var bound = SocketAddress()
        _ = bound.fill { getsockname(listener, $0, $1) }
        Report.event("listening", ["port": .number(Int(bound.port))])
    }

    func connect(
        to destination: SocketAddress, from source: String?, port: UInt16, initialSequence: UInt32? = nil
    ) throws(EndpointError) {
        let descriptor = try makeSocket(destination.family)
        let connection = adopt(descriptor, isConnecting: true)
        if let initialSequence {
            try connection.setInitialSequence(initialSequence)
        }
        if port != 0 {
            // Allows the same port to be used again at once.
            connection.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        }
        if source != nil || port != 0 {
            let any = destination.family == AF_INET ? "0.0.0.0" : "::"
            let own = try SocketAddress(source ?? any, port: port)
            guard own.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
                throw EndpointError(what: "can't use own port \(port)", number: errno)
            }
        }
        configure(connection)
        let result = destination.withPointer { Glibc.connect(descriptor, $0, $1) }
        if result != 0, errno != EINPROGRESS {
            fail(connection, errno, during: "connect")
        }
    }

    private func makeSocket(_ family: Int32) throws(EndpointError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw EndpointError(what: "socket", number: errno) }
        return descriptor
    }

    private func adopt(_ descriptor: Int32, isConnecting: Bool) -> Connection {
        let connection = Connection(
            identifier: nextIdentifier, descriptor: descriptor, isConnecting: isConnecting, isReading: !options.noRead)
        nextIdentifier += 1
        connections[connection.identifier] = connection
        return connection
    }

    private func configure(_ connection: Connection) {
        let tcp = Int32(IPPROTO_TCP)
        connection.setOption(tcp, TCP_NODELAY, 1)
        if let bytes = options.receiveBuffer {
            connection.setOption(SOL_SOCKET, SO_RCVBUF, bytes)
        }
        if let bytes = options.windowClamp {
            connection.setOption(tcp, TCP_WINDOW_CLAMP, bytes)
        }
        if let milliseconds = options.userTimeout {
            connection.setOption(tcp, TCP_USER_TIMEOUT, milliseconds)
        }
        if let seconds = options.keepaliveIdle {
            connection.setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
            connection.setOption(tcp, TCP_KEEPIDLE, seconds)
            connection.setOption(tcp, TCP_KEEPINTVL, options.keepaliveInterval)
            connection.setOption(tcp, TCP_KEEPCNT, options.keepaliveCount)
        }
    }

    // MARK: Waiting

    func run() throws(EndpointError) {
        while !(endsWithLastConnection && connections.isEmpty) {
            var wait: Int32 = -1
            if let nextSending {
                wait = Int32(max(0, ((nextSending - monotonicSeconds()) * 1_000).rounded(.up)))
            }
            // Standard input first, the listener second (poll skips descriptors below 0), then the connections.
            let watched = connections.values.sorted { $0.identifier < $1.identifier }
            var polled = [
                pollfd(fd: hasInput ? 0 : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
            ]
            polled += watched.map { pollfd(fd: $0.descriptor, events: Int16($0.interest), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), wait) >= 0 || errno == EINTR else {
                throw EndpointError(what: "poll", number: errno)
            }
            for (connection, result) in zip(watched, polled[2...]) where result.revents != 0 {
                handle(connection, Int32(result.revents))
            }
            if polled[1].revents != 0 { accept() }
            // Last, because a command may end connections that were polled.
            if polled[0].revents != 0 { readCommands() }
            sendByItself()
        }
    }

    private func accept() {
        while true {
            // accept returns the peer's address. getpeername would fail if a RST has already arrived.
            var other = SocketAddress()
            var descriptor: Int32 = -1
            _ = other.fill {
                descriptor = Glibc.accept(listener, $0, $1)
                return descriptor < 0 ? -1 : 0
            }
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            let connection = adopt(descriptor, isConnecting: false)
            configure(connection)
            announce("accepted", connection, other)
        }
    }

    private func announce(_ name: String, _ connection: Connection, _ other: SocketAddress) {
        var own = SocketAddress()
        _ = own.fill { getsockname(connection.descriptor, $0, $1) }
        Report.event(
            name,
            [
                "id": .number(connection.identifier), "localPort": .number(Int(own.port)),
                "remotePort": .number(Int(other.port)),
            ])
    }

    private func handle(_ connection: Connection, _ events: Int32) {
        if connection.isConnecting {
            let error = connection.takeError()
            if error != 0 {
                return fail(connection, error, during: "connect")
            }
            connection.isConnecting = false
            var other = SocketAddress()
            _ = other.fill { getpeername(connection.descriptor, $0, $1) }
            announce("connected", connection, other)
        } else {
            if events & POLLIN != 0, connection.isReading {
                guard report(connection.receive(), connection, during: "read") else { return }
            }
            if events & (POLLERR | POLLHUP) != 0 {
                let error = connection.takeError()
                if error != 0 {
                    return fail(connection, error, during: "wait")
                }
                // Both directions have ended in order: nothing more will arrive.
                if events & POLLHUP != 0, !connection.isReading {
                    return finish(connection)
                }
            }
        }
        flush(connection)
    }

    private func flush(_ connection: Connection) {
        guard !connection.isConnecting else { return }
        _ = report(connection.flush(), connection, during: "write")
    }

    /// Reports the result of a read or a write. Returns false if it has ended the connection.
    private func report(_ outcome: Connection.Outcome, _ connection: Connection, during: String) -> Bool {
        switch outcome {
        case .nothing:
            return true
        case .data(let count):
            if !options.quiet {
                Report.event(
                    "data",
                    [
                        "id": .number(connection.identifier), "bytes": .number(count),
                        "total": .number(connection.received),
                    ])
            }
            if options.echo { connection.enqueue(count) }
            return true
        case .corrupt(let byte):
            Report.event("corrupt", ["id": .number(connection.identifier), "total": .number(byte)])
            return true
        case .endOfFile:
            Report.event("end", ["id": .number(connection.identifier), "total": .number(connection.received)])
            // The peer has sent a FIN; we may still send. Further reads would only return the same.
            connection.isReading = false
            return true
        case .failed(let error):
            fail(connection, error, during: during)
            return false
        }
    }

    private func fail(_ connection: Connection, _ error: Int32, during: String) {
        Report.event(
            "error",
            [
                "id": .number(connection.identifier), "errno": .text(errorName(error)), "during": .text(during),
                "total": .number(connection.received),
            ])
        finish(connection)
    }

    private func finish(_ connection: Connection) {
        close(connection.descriptor)
        connections[connection.identifier] = nil
        Report.event("closed", ["id": .number(connection.identifier)])
    }

    private func sendByItself() {
        guard let due = nextSending, let interval = options.sendEvery, monotonicSeconds() >= due else { return }
        nextSending = due + interval
        for connection in connections.values where !connection.isConnecting {
            connection.enqueue(options.sendBytes)
            flush(connection)
        }
    }

    // MARK: Commands

    private func readCommands() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(0, &buffer, buffer.count)
        guard count > 0 else {
            hasInput = false
            return
        }
        pendingInput += String(decoding: buffer[..<count], as: UTF8.self)
        while let end = pendingInput.firstIndex(of: "\n") {
            let line = String(pendingInput[..<end])
            pendingInput = String(pendingInput[pendingInput.index(after: end)...])
            if let command = EndpointCommand(line) {
                if case .tally = command.action { tally() }
                for connection in connections.values.sorted(by: { $0.identifier < $1.identifier })
                where command.connection == nil || command.connection == connection.identifier {
                    perform(command.action, on: connection)
                }
            } else {
                Report.event("unknownCommand", ["line": .text(line)])
            }
        }
    }

    private func perform(_ action: EndpointCommand.Action, on connection: Connection) {
        switch action {
        case .send(let bytes):
            connection.enqueue(bytes)
            flush(connection)
        case .shutdown:
            _ = report(connection.endWhenSent(), connection, during: "write")
        case .close:
            finish(connection)
        case .reset:
            connection.lingerZero()
            finish(connection)
        case .read(let isOn):
            connection.isReading = isOn
        case .quickAcknowledge(let isOn):
            connection.setOption(Int32(IPPROTO_TCP), TCP_QUICKACK, isOn ? 1 : 0)
        case .info:
            Report.event(
                "info",
                [
                    "id": .number(connection.identifier), "state": .text(connection.state),
                    "total": .number(connection.received), "sent": .number(connection.sent),
                ])
        case .rest:
            nextSending = nil
        case .silence:
            let silence = connection.takeLongestSilence(now: monotonicSeconds())
            Report.event(
                "silence",
                [
                    "id": .number(connection.identifier), "total": .number(connection.received),
                    "silenceMilliseconds": .number(Int((silence * 1000).rounded(.up))),
                ])
        case .tally:
            break
        }
    }

    /// One line for all remaining connections together: the bytes sent and received, and the longest time that one of
    /// them has received nothing since the last tally.
    private func tally() {
        let now = monotonicSeconds()
        let open = connections.values.filter { !$0.isConnecting }
        let silence = open.map { $0.takeLongestSilence(now: now) }.max() ?? 0
        Report.event(
            "tally",
            [
                "count": .number(open.count), "total": .number(open.reduce(0) { $0 + $1.received }),
                "sent": .number(open.reduce(0) { $0 + $1.sent }),
                "silenceMilliseconds": .number(Int((silence * 1000).rounded(.up))),
            ])
    }
}

/// Seconds of CLOCK_MONOTONIC.
func monotonicSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}

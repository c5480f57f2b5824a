import ArgumentParser
import Glibc

/// Makes handshakes, one after the other, as fast as possible.
struct Churn: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make connections, and reset each as soon as it is established, until standard input has a line.")

    @Argument(help: "Address of the other end.")
    var address: String

    @Argument(help: "Port of the other end.")
    var port: UInt16

    @Option(help: "Number of connections in progress at the same time.")
    var atOnce = 64

    @Option(help: "Seconds after which the program ends.")
    var seconds = 60.0

    func run() throws {
        let destination = try SocketAddress(address, port: port)
        let deadline = monotonicSeconds() + seconds
        // Standard input first, then the connections.
        var polled = [pollfd(fd: 0, events: Int16(POLLIN), revents: 0)]
        var made = 0
        var failed = 0
        while monotonicSeconds() < deadline, polled[0].revents == 0 {
            while polled.count <= atOnce, let descriptor = begin(destination) {
                polled.append(pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0))
            }
            _ = poll(&polled, nfds_t(polled.count), 100)
            for end in polled[1...] where end.revents != 0 {
                if end.revents & Int16(POLLERR | POLLHUP) == 0 { made += 1 } else { failed += 1 }
                close(end.fd)
            }
            polled = [polled[0]] + polled[1...].filter { $0.revents == 0 }
        }
        for end in polled[1...] { close(end.fd) }
        Report.event("churned", ["sent": .number(made), "failed": .number(failed)])
    }

    /// Nil if the machine has no free port at the moment.
    private func begin(_ destination: SocketAddress) -> Int32? {
        guard let descriptor = socketThatResets(destination.family) else { return nil }
        let result = destination.withPointer { connect(descriptor, $0, $1) }
        if result == 0 || errno == EINPROGRESS { return descriptor }
        close(descriptor)
        return nil
    }

    private func socketThatResets(_ family: Int32) -> Int32? {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { return nil }
        resetOnClose(descriptor)
        return descriptor
    }
}

/// The peer of ``Churn``.
struct Absorb: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Accept connections, and reset each at once.")

    @Argument(help: "Port.")
    var port: UInt16

    func run() throws {
        let address = try SocketAddress("::", port: port)
        let listener = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0, address.withPointer({ bind(listener, $0, $1) }) == 0, listen(listener, 4096) == 0 else {
            throw EndpointError(what: "can't listen on port \(port)", number: errno)
        }
        Report.event("listening", ["port": .number(Int(port))])
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { continue }
            resetOnClose(descriptor)
            close(descriptor)
        }
    }
}

/// Makes a socket's connection end with a RST, so that its port is free again at once.
private func resetOnClose(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
}

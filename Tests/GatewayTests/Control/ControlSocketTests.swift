import Glibc
import TestSupport
import Testing

@testable import Gateway

@Suite struct ControlSocketTests {
    let temporary = TemporaryDirectory()
    var directory: RunDirectory { RunDirectory(gateway: "edge", root: temporary.path) }

    /// A server whose time and iterations the test controls.
    private func server() throws -> ControlServer {
        try directory.create()
        return try ControlServer(path: directory.controlSocketPath)
    }

    /// Connects and sends bytes, without waiting for an answer.
    private func connected(_ text: String = "") throws -> Int32 {
        let descriptor = try UnixSocket.make()
        let status = try UnixSocket.withAddress(of: directory.controlSocketPath) { connect(descriptor, $0, $1) }
        try #require(status == 0)
        #expect(write(descriptor, text, text.utf8.count) == text.utf8.count)
        return descriptor
    }

    private func answer(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }

    @Test("BAD-4 the control socket is its owner's only")
    func ownerOnly() throws {
        let server = try server()
        var status = stat()
        #expect(stat(server.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(stat(directory.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
    }

    @Test("OPS-4 the kernel identifies the client: user, process and program")
    func peer() throws {
        let server = try server()
        let client = try connected(#"{"command":"ping"}"# + "\n")
        defer { close(client) }
        var peers: [ControlPeer] = []
        server.serve(now: 1) { _, peer, _ in
            peers.append(peer)
            return ControlResponse(ok: true, message: "")
        }
        #expect(peers.count == 1 && peers.first?.isAPI == false)
        let text = peers.first?.text ?? ""
        #expect(
            text.hasPrefix(geteuid() == 0 ? "root (uid 0), process \(getpid()) " : "uid \(geteuid()), process "),
            "\(text)")
    }

    @Test(
        "API-3 the API's process has a separate socket, for its group only, which is gone when it is closed"
    )
    func socketOfTheAPI() throws {
        let server = try server()
        try server.openAPI(path: directory.apiSocketPath, group: getegid())
        var status = stat()
        #expect(stat(directory.apiSocketPath, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        let client = try UnixSocket.make()
        defer { close(client) }
        #expect(try UnixSocket.withAddress(of: directory.apiSocketPath) { connect(client, $0, $1) } == 0)
        let request = #"{"command":"ping"}"# + "\n"
        #expect(write(client, request, request.utf8.count) == request.utf8.count)
        var peers: [ControlPeer] = []
        server.serve(now: 1) { _, peer, _ in
            peers.append(peer)
            return ControlResponse(ok: true, message: "")
        }
        #expect(peers == [ControlPeer(isAPI: true, text: "token admin")])
        server.closeAPI()
        #expect(access(directory.apiSocketPath, F_OK) != 0)
    }

    @Test("API-5 the API's process takes no client's place, however many connections it has")
    func places() throws {
        let server = try server()
        try server.openAPI(path: directory.apiSocketPath, group: getegid())
        var others: [Int32] = []
        defer { for other in others { close(other) } }
        for _ in 0..<30 {
            let other = try UnixSocket.make()
            _ = fcntl(other, F_SETFL, O_NONBLOCK)
            _ = try UnixSocket.withAddress(of: directory.apiSocketPath) { connect(other, $0, $1) }
            others.append(other)
        }
        let client = try connected(#"{"command":"ping"}"# + "\n")
        defer { close(client) }
        for time in 1...3 {
            server.serve(now: UInt64(time)) { _, _, _ in ControlResponse(ok: true, message: "pong") }
        }
        #expect(answer(client).contains("pong"))
    }

    @Test("A request is answered, in whatever pieces it arrives")
    func request() throws {
        let server = try server()
        let client = try connected(#"{"command":"#)
        defer { close(client) }
        var seen: [ControlRequest] = []
        func serve() {
            server.serve(now: 1) { request, _, _ in
                seen.append(request)
                return ControlResponse(ok: true, message: "done", count: 2)
            }
        }
        serve()
        #expect(seen.isEmpty)
        let rest = #""session-reset","sessions":[[7,1],[9,65535]]}"# + "\n"
        #expect(write(client, rest, rest.utf8.count) == rest.utf8.count)
        serve()
        #expect(
            seen == [
                ControlRequest(
                    .sessionReset,
                    sessions: [SessionReference(slot: 7, generation: 1), SessionReference(slot: 9, generation: 65535)])
            ])
        #expect(answer(client) == #"{"count":2,"message":"done","ok":true}"# + "\n")
    }

    @Test(
        "Input that is not a request is refused, with what to write instead",
        arguments: [
            "{}", "reload", #"{"command":"explode"}"#, #"{"command":"session-reset","sessions":[[1,2,"x"]"#,
            #"{"command":"session-reset","sessions":[[99999999999,0]]}"#,
        ])
    func refused(text: String) throws {
        let server = try server()
        let client = try connected(text + "\n")
        defer { close(client) }
        server.serve(now: 1) { _, _, _ in
            Issue.record("taken for a request")
            return ControlResponse(ok: true, message: "")
        }
        let answer = answer(client)
        #expect(answer.contains(#""ok":false"#))
        #expect(answer.contains("session-reset, stop"))
    }

    @Test("A slow client delays no other client, and is disconnected after its timeout")
    func slow() throws {
        let server = try server()
        let slow = try connected(#"{"command""#)
        let quick = try connected(#"{"command":"ping"}"# + "\n")
        defer {
            close(slow)
            close(quick)
        }
        server.serve(now: 1) { _, _, _ in ControlResponse(ok: true, message: "pong") }
        #expect(answer(quick).contains("pong"))
        #expect(server.pollDescriptors.count == 2)
        server.serve(now: 2 + ControlLimits.patienceNanoseconds) { _, _, _ in ControlResponse(ok: true, message: "") }
        #expect(server.pollDescriptors.count == 1)
    }

    @Test("RECOV-1 a server that was stopped itself disconnects no client because of it")
    func away() throws {
        let server = try server()
        let client = try connected(#"{"command""#)
        defer { close(client) }
        server.serve(now: 1) { _, _, _ in ControlResponse(ok: true, message: "") }
        SignalPipe.ignoreBrokenPipes()
        let pause = 2 * ControlLimits.patienceNanoseconds
        server.wasAway(nanoseconds: pause)
        server.serve(now: 2 + pause) { _, _, _ in ControlResponse(ok: true, message: "") }
        let rest = #":"ping"}"# + "\n"
        #expect(write(client, rest, rest.utf8.count) == rest.utf8.count)
        server.serve(now: 3 + pause) { _, _, _ in ControlResponse(ok: true, message: "pong") }
        #expect(answer(client).contains("pong"))
    }

    @Test("Clients above the limit wait, and are served when others have disconnected")
    func many() throws {
        let server = try server()
        var clients: [Int32] = []
        for _ in 0..<ControlLimits.clients { clients.append(try connected()) }
        clients.append(try connected(#"{"command":"ping"}"# + "\n"))
        defer { for client in clients.dropFirst() { close(client) } }
        server.serve(now: 1) { _, _, _ in ControlResponse(ok: true, message: "pong") }
        #expect(answer(clients[ControlLimits.clients]) == "")
        close(clients[0])
        for _ in 0..<2 { server.serve(now: 2) { _, _, _ in ControlResponse(ok: true, message: "pong") } }
        #expect(answer(clients[ControlLimits.clients]).contains("pong"))
    }

    @Test("A request that never ends is refused at the limit")
    func endless() throws {
        let server = try server()
        let client = try connected()
        defer { close(client) }
        _ = fcntl(client, F_SETFL, O_NONBLOCK)
        let part = [UInt8](repeating: UInt8(ascii: " "), count: 65536)
        var text = ""
        for _ in 0..<200 where text.isEmpty {
            _ = write(client, part, part.count)
            server.serve(now: 1) { _, _, _ in ControlResponse(ok: true, message: "") }
            text = answer(client)
        }
        #expect(text.contains("at most \(ControlLimits.requestBytes) bytes"))
    }

    @Test("A socket that a killed controller left behind is replaced; the client reports that none runs")
    func stale() throws {
        let path: String
        do {
            path = try server().path
        }
        #expect(access(path, F_OK) == 0)
        let failure = #expect(throws: GatewayClient.Failure.self) { try GatewayClient(directory: directory).ping() }
        #expect(failure == .notRunning(gateway: "edge"))
        let server = try server()
        let client = try connected(#"{"command":"ping"}"# + "\n")
        defer { close(client) }
        server.serve(now: 1) { _, _, _ in ControlResponse(ok: true, message: "pong") }
        #expect(answer(client).contains("pong"))
    }

    @Test("BAD-6 if no gateway runs, the client names it and the command that starts it")
    func notRunning() {
        let failure = #expect(throws: GatewayClient.Failure.self) { try GatewayClient(directory: directory).ping() }
        #expect(failure?.description == "no gateway named edge is running; start it with `sluice run --config FILE`")
    }

    @Test("A path that is too long for a socket is refused with a remedy")
    func longPath() throws {
        let error = #expect(throws: SystemError.self) {
            try ControlServer(path: "/tmp/" + String(repeating: "x", count: 120))
        }
        #expect(error?.errorNumber == ENAMETOOLONG)
        #expect(error?.description.contains("shorter name") == true)
    }
}

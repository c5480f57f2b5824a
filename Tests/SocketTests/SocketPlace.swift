import FoundationEssentials
import Glibc
import Lab
import Synchronization
import Testing

private let counter = Atomic<Int>(0)

/// A network namespace of a test's own, with a loopback interface. Removed with the object, and whatever runs in it was
/// started by the test, which ends it.
final class SocketPlace {
    let name: String

    init() async throws {
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
        name = "sluice-sockets-\(getpid())-\(number)"
        for command in [["ip", "netns", "add", name], ["ip", "-n", name, "link", "set", "lo", "up"]] {
            try await ChildProcess(command).result(within: .seconds(20)).required()
        }
    }

    func remove() async {
        _ = try? await ChildProcess(["ip", "netns", "delete", name]).result(within: .seconds(20))
    }

    /// A command in the namespace. Not by `ip netns exec`, which would give it another /sys.
    func inside(_ command: [String]) -> [String] { ["nsenter", "--net=/run/netns/\(name)"] + command }

    @discardableResult
    func run(_ command: [String], limit: Duration = .seconds(60)) async throws -> CommandResult {
        try await ChildProcess(inside(command)).result(within: limit)
    }

    /// `sluice`, outside of the namespace, which `--netns` names.
    func sluice(_ arguments: String...) async throws -> CommandResult {
        try await ChildProcess([try SluiceBinary.path()] + arguments + ["--netns", name]).result(within: .seconds(60))
    }

    /// `sluice socket list` of the namespace, as rows.
    func list(_ arguments: String...) async throws -> [ListedSocket] {
        let result = try await ChildProcess(
            [try SluiceBinary.path(), "socket", "list", "--json", "--judge-local", "--netns", name] + arguments
        ).result(within: .seconds(60))
        try #require(result.exit == .code(0) || result.exit == .code(1), "\(result.allOutput)")
        return try JSONDecoder().decode([ListedSocket].self, from: Data(result.output.utf8))
    }

    /// What ss shows of the sockets: somebody else's reading of the same kernel.
    func timers(_ filter: String) async throws -> [String] {
        try await run(["ss", "-Htnoe", filter]).required().output.split(separator: "\n").map(String.init)
    }
}

/// Runs a test in a namespace of its own.
func withPlace<Result>(_ body: (SocketPlace) async throws -> Result) async throws -> Result {
    let place = try await SocketPlace()
    do {
        let result = try await body(place)
        await place.remove()
        return result
    } catch {
        await place.remove()
        throw error
    }
}

/// A row of `sluice socket list --json`.
struct ListedSocket: Decodable {
    struct End: Decodable {
        let address: String
        let port: UInt16
    }

    struct KeepAliveRow: Decodable {
        let on: Bool?
        let idleSeconds: UInt32?
        let intervalSeconds: UInt32?
        let count: UInt32?
        let ownIdle: Bool?
    }

    struct Owner: Decodable {
        let pid: Int32
        let program: String
    }

    let local: End
    let remote: End
    let keepAlive: KeepAliveRow
    let verdict: String
    let reason: String
    let state: String
    let trafficClass: String
    let idleSeconds: Double?
    let timeoutSeconds: Double?
    let cutInSeconds: Double?
    let processes: [Owner]
}

/// A Python program that holds sockets, and says on request how it sees their keep-alive.
final class SocketHolder {
    /// How the application itself sees a socket: SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT.
    struct Seen: Decodable, Equatable {
        let port: UInt16
        let on: Int
        let idle: Int
        let interval: Int
        let count: Int
    }

    private static let script = """
        import json, socket, sys
        held = {}
        def tcp(family, address):
            listener = socket.socket(family)
            listener.bind((address, 0))
            listener.listen(64)
            return listener
        def options(s, on=None, idle=None, interval=None, count=None):
            if on is not None: s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, on)
            if idle: s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle)
            if interval: s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, interval)
            if count: s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, count)
        def connect(name, listener, **values):
            s = socket.socket(listener.family)
            options(s, **values)
            s.connect(listener.getsockname())
            peer, _ = listener.accept()
            held[name] = s
            held[name + "-peer"] = peer
        def seen(s):
            ask = lambda level, option: s.getsockopt(level, option)
            return dict(port=s.getsockname()[1], on=ask(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                idle=ask(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), interval=ask(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                count=ask(socket.IPPROTO_TCP, socket.TCP_KEEPCNT))
        listener = held["listener"] = tcp(socket.AF_INET, "127.0.0.1")
        six = tcp(socket.AF_INET6, "::1")
        def six_sockets():
            connect("off", listener)
            connect("system", listener, on=1)
            connect("own", listener, on=1, idle=600)
            connect("half", listener)
            held["half-peer"].shutdown(socket.SHUT_WR)
            connect("six", six)
        for line in sys.stdin:
            words = line.split()
            if words[0] == "six": six_sockets()
            elif words[0] == "connect": connect(words[1], listener, **{k: int(v) for k, v in (w.split("=") for w in words[2:])})
            elif words[0] == "close": held.pop(words[1]).close()
            elif words[0] == "many":
                import resource
                most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
                for i in range(int(words[1])): connect("m%d" % i, listener)
            if words[0] == "many": print("{}", flush=True)
            else: print(json.dumps({k: seen(s) for k, s in held.items()}), flush=True)
        """

    private let process: ChildProcess
    private var answers = 0

    var identifier: Int32 { process.identifier }

    /// - Parameter before: what the shell runs first, in the process that becomes the program.
    init(in place: SocketPlace, before: String = "true") throws {
        process = try ChildProcess(
            place.inside(["sh", "-c", "\(before) && exec /usr/bin/python3 -c \"$0\"", Self.script]), takesInput: true)
    }

    /// Has it carry out a line, and returns how it sees its sockets then.
    @discardableResult
    func ask(_ line: String, within limit: Duration = .seconds(20)) async throws -> [String: Seen] {
        answers += 1
        #expect(process.write(line + "\n"))
        let wanted = answers
        let answered = await eventually(within: limit) {
            process.standardOutput.split(separator: "\n").count >= wanted || !process.isRunning
        }
        let lines = process.standardOutput.split(separator: "\n")
        try #require(answered && lines.count >= wanted, "\(process.allOutput)")
        return try JSONDecoder().decode([String: Seen].self, from: Data(lines[wanted - 1].utf8))
    }

    func end() async { await process.terminate() }
}

/// Runs a test with a holder in a place, and ends it whatever happens.
func withHolder<Result>(
    in place: SocketPlace, before: String = "true", _ body: (SocketHolder) async throws -> Result
) async throws -> Result {
    let holder = try SocketHolder(in: place, before: before)
    do {
        let result = try await body(holder)
        await holder.end()
        return result
    } catch {
        await holder.end()
        throw error
    }
}

import Glibc
import NIOCore
import Synchronization

/// Networks in which silence is silence on the wire, without root (RELAY-4): the command's packets are dropped between
/// its network and that of the relay's listening sockets, and its TCP gives up as it does behind a firewall.
///
/// The relay itself stays in the network of its user, so it reaches the upstreams as always. Towards them, silence is
/// only that nothing is passed on.
package final class NamespaceBed: ListenerSource {
    private let input: Int32
    private let output: Int32
    private let listener: Int32
    private let script: ChildCommand
    private let client: pid_t
    /// One command or request at a time.
    private let lock = Mutex(())

    /// Makes the networks.
    ///
    /// - Throws: ``RelayProblem`` with the switch that forbids it.
    package init() throws(RelayProblem) {
        let missing = NamespaceRefusal.programs.keys.filter { !NamespaceBed.isProgram($0) }.sorted()
        guard missing.isEmpty else { throw NamespaceBed.refusal(missing) }
        guard let sockets = DescriptorPassing.pair(), let commands = NamespaceBed.pipe(),
            let answers = NamespaceBed.pipe()
        else { throw RelayProblem("no descriptors are left: close some, or raise 'ulimit -n'", status: 500) }
        let own = [sockets.0, commands.write, answers.read]
        let childs = [sockets.1, commands.read, answers.write]
        let program = NamespaceBed.ownProgram
        do throws(RelayProblem) {
            script = try ChildCommand.start(
                [
                    "unshare", "--user", "--map-root-user", "--net", "--", "sh", "-c", NamespaceScript.text,
                    "sluice-relay",
                ]
                    + [program, "namespace-listener"],
                descriptors: [0: commands.read, 1: answers.write, 3: sockets.1])
        } catch {
            for descriptor in own + childs { close(descriptor) }
            throw error
        }
        (listener, input, output) = (sockets.0, commands.write, answers.read)
        // The script's copies of these ends must be the only ones, or its end is not seen.
        for descriptor in childs { close(descriptor) }
        let words = NamespaceBed.line(answers.read)?.split(separator: " ") ?? []
        guard words.count == 3, words[0] == "ready", let client = pid_t(words[1]) else {
            for descriptor in own { close(descriptor) }
            _ = script.wait()
            throw NamespaceBed.refusal([])
        }
        self.client = client
    }

    /// Ends the networks, and what runs in them.
    package func stop() {
        close(input)
        close(listener)
        close(output)
        _ = script.wait()
    }

    /// Opens a listening socket in the server's network, which the command reaches at the same port of 127.0.0.1.
    package func open(_ address: String) throws(RelayProblem) -> (descriptor: Int32, text: String) {
        let (host, port) = try ListenAddress.split(address)
        let answer = lock.withLock { _ in
            DescriptorPassing.send("0.0.0.0:\(port)", over: listener)
                ? DescriptorPassing.receive(over: listener) : nil
        }
        guard let answer else { throw RelayProblem("the network namespaces are gone", status: 500) }
        guard let descriptor = answer.descriptor else { throw RelayProblem(answer.text, status: 500) }
        let real = answer.text.split(separator: ":").last.map(String.init) ?? "\(port)"
        // One that is closed and opened again is there already.
        _ = carryOut("client add element ip sluice ports { \(real) }")
        return (descriptor, "\(host.isEmpty || host == "localhost" || host == "0.0.0.0" ? "127.0.0.1" : host):\(real)")
    }

    /// Drops all packets of a connection from now on.
    ///
    /// - Parameters:
    ///   - client: the address and port from which the relay has accepted it.
    ///   - port: the port that the relay listens on.
    func silence(client: String, port: UInt16) {
        let parts = client.split(separator: ":")
        guard parts.count == 2 else { return }
        _ = carryOut("router add element ip sluice silent { \(parts[0]) . \(parts[1]) . \(port) }")
    }

    /// Starts a command in the client's network, as the user who called.
    package func start(_ arguments: [String], environment: [String: String] = [:]) throws(RelayProblem) -> ChildCommand
    {
        let process = "/proc/\(client)/ns"
        return try ChildCommand.start(
            ["nsenter", "--user=\(process)/user", "--net=\(process)/net", "--preserve-credentials", "--"]
                + ["unshare", "--user", "--map-user=\(getuid())", "--map-group=\(getgid())", "--"] + arguments,
            environment: environment)
    }

    /// Local ports of established connections in the client's network; nil: it is gone.
    var establishedPorts: Set<UInt16>? {
        guard let bytes = RelayProcess.contents(of: "/proc/\(client)/net/tcp") else { return nil }
        var ports: Set<UInt16> = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 3, fields[3] == "01", let port = fields[1].split(separator: ":").last else { continue }
            if let port = UInt16(port, radix: 16) { ports.insert(port) }
        }
        return ports
    }

    private func carryOut(_ command: String) -> Bool {
        lock.withLock { _ in
            let bytes = Array((command + "\n").utf8)
            guard write(input, bytes, bytes.count) == bytes.count else { return false }
            return NamespaceBed.line(output) == "done"
        }
    }

    // MARK: - The machine

    private static func refusal(_ missing: [String]) -> RelayProblem {
        let readings = NamespaceRefusal.Readings(
            maxUserNamespaces: word("/proc/sys/user/max_user_namespaces"),
            unprivilegedClone: word("/proc/sys/kernel/unprivileged_userns_clone"),
            appArmorRestricts: word("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
            seccomp: RelayProcess.contents(of: "/proc/self/status").flatMap { bytes in
                String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Seccomp:") }?
                    .split(whereSeparator: \.isWhitespace).last.map(String.init)
            }, missingPrograms: missing)
        return RelayProblem("no namespaces: \(NamespaceRefusal.text(readings))", status: 500)
    }

    private static func word(_ path: String) -> String? {
        RelayProcess.contents(of: path).map { String(decoding: $0.prefix { $0 > 32 }, as: UTF8.self) }
    }

    private static func isProgram(_ name: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    /// This program's file.
    private static var ownProgram: String {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = bytes.withUnsafeMutableBytes { buffer in
            buffer.bindMemory(to: CChar.self).baseAddress.map { readlink("/proc/self/exe", $0, buffer.count) } ?? 0
        }
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    private static func pipe() -> (read: Int32, write: Int32)? {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Reads a line, byte by byte: they are short and few. nil: the end.
    private static func line(_ descriptor: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
    }
}

extension RelayProcess {
    /// Makes silent connections silent on the wire.
    package func useSilence(of bed: NamespaceBed) {
        relay.loop.execute { [relay] in
            relay.silencer = { connection in
                guard let port = connection.listenPort else { return }
                bed.silence(client: connection.client, port: port)
            }
            // No packet of a silent connection arrives: whether its client has given up is seen in its network only.
            relay.loop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { _ in
                let silent = relay.allProxies.flatMap { $0.connections.values }.filter(\.isSilentUnnoticed)
                guard !silent.isEmpty, let ports = bed.establishedPorts else { return }
                for connection in silent {
                    guard let port = connection.client.split(separator: ":").last.flatMap({ UInt16($0) }) else {
                        continue
                    }
                    if !ports.contains(port) { connection.noticedInItsNetwork() }
                }
            }
        }
    }
}

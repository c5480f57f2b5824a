import Glibc
import NIOCore
import NIOPosix

/// A relay as a process: from its options to its end by a signal.
package final class RelayProcess: Sendable {
    /// What is asked for on the command line.
    package struct Options: Sendable {
        /// `host:port` of the control API.
        package var listen = "127.0.0.1:8474"
        /// A JSON file like the body of `POST /populate`.
        package var config: String?
        /// `NAME=LISTEN,UPSTREAM`
        package var proxies: [String] = []
        package var version = ""

        package init() {}
    }

    package let relay: Relay
    private let group: MultiThreadedEventLoopGroup
    private let server: RelayControlServer
    package let address: String
    /// What its user must know about its limits. Print it after the address: programs read the first line for that.
    package let notice: String?

    /// Starts it.
    ///
    /// - Throws: ``RelayProblem`` if it can't listen, or the file or an option is wrong.
    package init(
        _ options: Options, limits: RelayLimits = RelayLimits(), listeners: any ListenerSource = OwnNetwork(),
        output: @escaping @Sendable (String) -> Void
    ) throws {
        var limits = limits
        notice = RelayProcess.fit(&limits)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let relay = Relay(loop: loop, limits: limits, listeners: listeners, output: output)
        let server = RelayControlServer(relay: relay, version: options.version)
        self.group = group
        self.relay = relay
        self.server = server
        address = try loop.submit {
            for proxy in try RelayProcess.proxies(options) { _ = try RelayAPI.addOrReplace(proxy, relay) }
            return try server.start(options.listen)
        }.wait()
    }

    /// Stops it: every connection is closed.
    package func stop() {
        try? relay.loop.submit { [relay] in relay.stop() }.wait()
        try? group.syncShutdownGracefully()
    }

    private static func proxies(_ options: Options) throws(RelayProblem) -> [ProxyDescription] {
        var proxies: [ProxyDescription] = []
        if let path = options.config {
            guard let bytes = contents(of: path) else {
                throw RelayProblem("can't read '\(path)': \(String(cString: strerror(errno)))", status: 500)
            }
            do throws(RelayProblem) {
                proxies = try ProxyDescription.readList(bytes)
            } catch {
                throw RelayProblem(
                    "'\(path)': \(error.message); it must be like the body of POST /populate", status: 500)
            }
        }
        for text in options.proxies { proxies.append(try proxy(text)) }
        return proxies
    }

    /// Reads `NAME=LISTEN,UPSTREAM`.
    static func proxy(_ text: String) throws(RelayProblem) -> ProxyDescription {
        let parts = text.split(separator: "=", maxSplits: 1)
        let addresses = parts.count == 2 ? parts[1].split(separator: ",", maxSplits: 1) : []
        guard addresses.count == 2, !parts[0].isEmpty else {
            throw RelayProblem(
                "--proxy '\(text)': write NAME=LISTEN,UPSTREAM, like db=127.0.0.1:15432,127.0.0.1:5432", status: 500)
        }
        return ProxyDescription(
            name: String(parts[0]), listen: String(addresses[0]), upstream: String(addresses[1]))
    }

    static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return ferror(file) == 0 ? bytes : nil }
            bytes += buffer[..<count]
        }
    }

    /// Descriptors beside those of connections.
    private static let otherFiles = 600

    /// A connection has two descriptors. Raises the limit of open files as far as the hard limit allows; if that is not
    /// enough, lowers the limit of connections.
    ///
    /// - Returns: a notice of that; nil: all connections fit.
    private static func fit(_ limits: inout RelayLimits) -> String? {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return nil }
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        let needed = 2 * limits.connections + otherFiles
        guard files.rlim_max < UInt(needed) else { return nil }
        limits.connections = max(1, (Int(files.rlim_max) - otherFiles) / 2)
        return
            "this process may open only \(files.rlim_max) files, so the limit of connections is \(limits.connections): "
            + "'ulimit -Hn \(needed)' allows all"
    }
}

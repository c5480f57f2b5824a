import FoundationEssentials

/// A `lab-endpoint` process in a place of the lab: ends of TCP sessions that report what their sockets see.
package final class Endpoint: Sendable {
    /// An event of a connection.
    package struct Event: Decodable, Sendable, Equatable {
        /// `listening`, `connected`, `accepted`, `data`, `corrupt`, `end` (the other end's FIN), `error`, `closed`, `info`,
        /// `tally`.
        package let event: String
        /// Seconds since 1970.
        package let at: Double
        /// The connection's number, from 1.
        package let id: Int?
        /// The symbolic name, such as `ECONNRESET`.
        package let errno: String?
        /// The call that returned the error: `connect`, `read`, `write`, or `wait` (none of them).
        package let during: String?
        /// Bytes received by one read.
        package let bytes: Int?
        /// Bytes received in total.
        package let total: Int?
        /// Bytes sent in total.
        package let sent: Int?
        /// The kernel's TCP state: `ESTABLISHED`.
        package let state: String?
        /// In a tally: the number of open connections. And the longest time that one of them received nothing since the
        /// last tally.
        package let count: Int?
        package let silenceMilliseconds: Int?
        package let port: Int?
        package let localPort: Int?
        package let remotePort: Int?
    }

    package let process: ChildProcess

    fileprivate init(process: ChildProcess) {
        self.process = process
    }

    /// All events so far.
    package var events: [Event] {
        let decoder = JSONDecoder()
        // The last line may be incomplete.
        let lines = process.standardOutput.split(separator: "\n", omittingEmptySubsequences: true)
        return lines.compactMap { try? decoder.decode(Event.self, from: Data($0.utf8)) }
    }

    package func events(_ name: String) -> [Event] {
        events.filter { $0.event == name }
    }

    /// The error names of failed connections, such as `["ECONNRESET"]`.
    package var errors: [String] {
        events("error").compactMap(\.errno)
    }

    /// Sends a command: `send 100`, `shutdown`, `close`, `rst`, `read off`, `quickack off`, `info`, `rest`, `tally`,
    /// `silence`; with a connection's number at the end for that connection only.
    package func perform(_ command: String) {
        process.write(command + "\n")
    }

    /// Waits until `count` events of this name have arrived, and returns them.
    @discardableResult
    package func waitFor(_ name: String, count: Int = 1, within limit: Duration) async throws(LabError) -> [Event] {
        _ = await eventually(within: limit) { self.events(name).count >= count || !self.process.isRunning }
        let found = events(name)
        guard found.count >= count else {
            throw .timedOut(
                waitingFor: "\(count) events '\(name)' of '\(process.command)'", seconds: Patience.seconds(limit),
                seen: process.allOutput)
        }
        return found
    }

    /// Asks the kernel for a connection's TCP state.
    package func tcpState(within limit: Duration = .seconds(5)) async throws(LabError) -> String {
        let before = events("info").count
        perform("info")
        return try await waitFor("info", count: before + 1, within: limit).last?.state ?? "UNKNOWN"
    }
}

extension Lab {
    /// Starts an end that accepts connections, and returns when it listens.
    package func listener(
        in place: LabPlace, port: Int, _ options: String..., within limit: Duration = .seconds(10)
    ) async throws(LabError) -> Endpoint {
        let endpoint = try self.endpoint(in: place, ["listen", String(port)] + options)
        try await endpoint.waitFor("listening", within: limit)
        return endpoint
    }

    /// Starts an end that makes connections. Its events report whether they succeed.
    package func connector(
        in place: LabPlace, to address: String, port: Int, _ options: String...
    ) throws(LabError) -> Endpoint {
        try endpoint(in: place, ["connect", address, String(port)] + options)
    }

    /// Starts an HTTP server that answers every request with one file, and returns when it listens.
    package func fileServer(in place: LabPlace, port: Int, path: String) async throws(LabError) -> Endpoint {
        let endpoint = try self.endpoint(in: place, ["serve-file", String(port), path])
        try await endpoint.waitFor("listening", within: .seconds(10))
        return endpoint
    }

    /// Starts `lab-endpoint` with any of its subcommands. Its events report when it is ready.
    ///
    /// - Parameter core: the CPU that it is pinned to; nil: any.
    package func endpoint(in place: LabPlace, _ arguments: [String], core: Int? = nil) throws(LabError) -> Endpoint {
        let binary = try SluiceBinary.path(of: "lab-endpoint")
        let prefix = core.map { ["taskset", "--cpu-list", "\($0)"] } ?? []
        return Endpoint(process: try spawn(in: place, prefix + [binary] + arguments, takesInput: true))
    }
}

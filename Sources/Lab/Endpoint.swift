import FoundationEssentials

/// `lab-endpoint` in a place of the lab: the ends of TCP sessions, which tell what their sockets see.
package final class Endpoint: Sendable {
    /// One thing that happened to a connection.
    package struct Event: Decodable, Sendable, Equatable {
        /// `listening`, `connected`, `accepted`, `data`, `corrupt`, `end` (the other end's FIN), `error`, `closed`, `info`,
        /// `tally`.
        package let event: String
        /// Seconds since 1970.
        package let at: Double
        /// The connection's number, from 1.
        package let id: Int?
        /// Symbolic: `ECONNRESET`.
        package let errno: String?
        /// What the error was met in: `connect`, `read`, `write`, or `wait` (none of them).
        package let during: String?
        /// Bytes received by one read.
        package let bytes: Int?
        /// Bytes received in all.
        package let total: Int?
        /// Bytes sent in all.
        package let sent: Int?
        /// The kernel's TCP state: `ESTABLISHED`.
        package let state: String?
        /// Of a tally: connections that are open, and the longest time that one of them received nothing since the last tally.
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

    /// All that has happened so far.
    package var events: [Event] {
        let decoder = JSONDecoder()
        // The last line may be half written.
        let lines = process.standardOutput.split(separator: "\n", omittingEmptySubsequences: true)
        return lines.compactMap { try? decoder.decode(Event.self, from: Data($0.utf8)) }
    }

    package func events(_ name: String) -> [Event] {
        events.filter { $0.event == name }
    }

    /// Error names of the connections that have failed: `["ECONNRESET"]`.
    package var errors: [String] {
        events("error").compactMap(\.errno)
    }

    /// Gives it a command: `send 100`, `shutdown`, `close`, `rst`, `read off`, `quickack off`, `info`, `rest`, `tally`, `silence`; with a
    /// connection's number at the end for that one only.
    package func perform(_ command: String) {
        process.write(command + "\n")
    }

    /// Waits until `count` events of this name have come, and returns them.
    @discardableResult
    package func waitFor(_ name: String, count: Int = 1, within limit: Duration) async throws(LabError) -> [Event] {
        _ = await eventually(within: limit) { self.events(name).count >= count || !self.process.isRunning }
        let found = events(name)
        guard found.count >= count else {
            throw .timedOut(
                waitingFor: "\(count) events '\(name)' of '\(process.command)'", seconds: Patience.seconds(limit),
                seen: process.everythingSaid)
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
    /// Starts an end that takes connections, and comes back once it does.
    package func listener(
        in place: LabPlace, port: Int, _ options: String..., within limit: Duration = .seconds(10)
    ) async throws(LabError) -> Endpoint {
        let endpoint = try self.endpoint(in: place, ["listen", String(port)] + options)
        try await endpoint.waitFor("listening", within: limit)
        return endpoint
    }

    /// Starts an end that makes connections; whether they come about, its events tell.
    package func connector(
        in place: LabPlace, to address: String, port: Int, _ options: String...
    ) throws(LabError) -> Endpoint {
        try endpoint(in: place, ["connect", address, String(port)] + options)
    }

    /// Starts an HTTP server that answers every request with one file, and comes back once it listens.
    package func fileServer(in place: LabPlace, port: Int, path: String) async throws(LabError) -> Endpoint {
        let endpoint = try self.endpoint(in: place, ["serve-file", String(port), path])
        try await endpoint.waitFor("listening", within: .seconds(10))
        return endpoint
    }

    /// Starts `lab-endpoint` with any of its subcommands; when it is ready, its events tell.
    ///
    /// - Parameter core: the processor that it keeps to; nil: any.
    package func endpoint(in place: LabPlace, _ arguments: [String], core: Int? = nil) throws(LabError) -> Endpoint {
        let binary = try SluiceBinary.path(of: "lab-endpoint")
        let prefix = core.map { ["taskset", "--cpu-list", "\($0)"] } ?? []
        return Endpoint(process: try spawn(in: place, prefix + [binary] + arguments, takesInput: true))
    }
}

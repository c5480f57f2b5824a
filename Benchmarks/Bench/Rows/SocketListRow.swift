import Glibc
import Lab

/// `sluice socket list` on a host with many sockets, from its start to its end, beside `ss` with timers and processes.
struct SocketListRow: Row {
    let name = "socket-list"

    /// Each connection has both its ends on the host.
    private static let connections = 10_000
    private static let ports: Range<UInt16> = 8000..<8010
    /// 127.0.0.1 in network order.
    private static let loopback: UInt32 = UInt32(0x7F00_0001).bigEndian

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let place = NetworkPlace(name: "sluice-bench-sockets-\(getpid())")
        for command in [["ip", "netns", "add", place.name], ["ip", "-n", place.name, "link", "set", "lo", "up"]] {
            try await ChildProcess(command).result(within: .seconds(20)).required()
        }
        do {
            let report = try await measure(place, rounds: effort.isQuick ? 5 : 20)
            try await remove(place)
            return report
        } catch {
            try? await remove(place)
            throw error
        }
    }

    private func remove(_ place: NetworkPlace) async throws {
        try await ChildProcess(["ip", "netns", "delete", place.name]).result(within: .seconds(20)).required()
    }

    private func measure(_ place: NetworkPlace, rounds: Int) async throws -> RowReport {
        Progress.note("opening \(Self.connections) connections")
        let sockets = try place.visit { try Self.open() }
        let entering = ["nsenter", "--net=/run/netns/\(place.name)"]
        let sluice = try SluiceBinary.path()
        let list = [sluice, "socket", "list", "--judge-local", "--netns", place.name]
        var json: [Double] = []
        var table: [Double] = []
        var timers: [Double] = []
        for _ in 0..<rounds {
            try StopRequest.check()
            json.append(try await Self.milliseconds(list + ["--json"]))
            table.append(try await Self.milliseconds(list))
            timers.append(try await Self.milliseconds(entering + ["ss", "-Htnoip"]))
        }
        let count = 2 * sockets.count
        func comparison(
            _ what: String, _ values: [Double], _ target: RowReport.Comparison.Target? = nil
        ) -> RowReport.Comparison {
            RowReport.Comparison(what: what, value: Spread(values), target: target)
        }
        return RowReport(
            name: name, title: "A list of \(count) sockets with their processes", unit: "", figures: [],
            comparisons: [
                comparison("ms: sluice socket list --json", json, .atMost(300)),
                comparison("ms: sluice socket list, 1,000 rows", table, .atMost(300)),
                comparison("ms: ss -tnoip", timers),
            ])
    }

    /// Opens the connections in this thread's namespace.
    private static func open() throws -> [(StreamSocket, StreamSocket)] {
        let most = rlim_t(100_000)
        var limit = rlimit(rlim_cur: most, rlim_max: most)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let listeners = try ports.map(StreamSocket.listening)
        return try (0..<connections).map { number in
            let index = number % ports.count
            let client = try StreamSocket.unconnected()
            try client.connect(to: loopback, port: ports.lowerBound + UInt16(index))
            return (client, try listeners[index].accept())
        }
    }

    /// The time from the start of a command to its end.
    private static func milliseconds(_ command: [String]) async throws -> Double {
        let start = CPUMeter.nanoseconds(CLOCK_MONOTONIC)
        let result = try await ChildProcess(command).result(within: .seconds(60))
        let end = CPUMeter.nanoseconds(CLOCK_MONOTONIC)
        // 1: some sockets are at risk.
        guard result.exit == .code(0) || result.exit == .code(1) else { _ = try result.required(); return 0 }
        return Double(end - start) / 1e6
    }
}

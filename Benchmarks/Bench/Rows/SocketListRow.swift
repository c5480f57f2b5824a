import Glibc
import Lab

/// `sluice socket list` on a host with many sockets, from its start to its end, beside `ss` with timers and processes.
struct SocketListRow: Row {
    let name = "socket-list"

    /// Programs with connections to themselves: several, because a process may have 20,000 files at most on some machines.
    private static let holders = 4
    private static let connectionsOfEach = 2500
    private static let script = """
        import resource, socket, sys, time
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        held = []
        for _ in range(int(sys.argv[1])):
            held += [socket.create_connection(listener.getsockname()), listener.accept()[0]]
        print("ready", flush=True)
        time.sleep(3600)
        """

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let place = NetworkPlace(name: "sluice-bench-sockets-\(getpid())")
        for command in [["ip", "netns", "add", place.name], ["ip", "-n", place.name, "link", "set", "lo", "up"]] {
            try await ChildProcess(command).result(within: .seconds(20)).required()
        }
        var holders: [ChildProcess] = []
        do {
            Progress.note("opening \(Self.holders * Self.connectionsOfEach) connections")
            for _ in 0..<Self.holders {
                holders.append(
                    try ChildProcess(
                        Self.entering(place) + ["python3", "-c", Self.script, "\(Self.connectionsOfEach)"]))
            }
            for holder in holders { try await holder.waitForText("ready", within: .seconds(60)) }
            let report = try await measure(place, rounds: effort.isQuick ? 5 : 20)
            try await remove(place, holders)
            return report
        } catch {
            try? await remove(place, holders)
            throw error
        }
    }

    private static func entering(_ place: NetworkPlace) -> [String] { ["nsenter", "--net=/run/netns/\(place.name)"] }

    private func remove(_ place: NetworkPlace, _ holders: [ChildProcess]) async throws {
        for holder in holders { await holder.terminate() }
        try await ChildProcess(["ip", "netns", "delete", place.name]).result(within: .seconds(20)).required()
    }

    private func measure(_ place: NetworkPlace, rounds: Int) async throws -> RowReport {
        let sluice = try SluiceBinary.path()
        let list = [sluice, "socket", "list", "--judge-local", "--netns", place.name]
        var json: [Double] = []
        var table: [Double] = []
        var timers: [Double] = []
        for _ in 0..<rounds {
            try StopRequest.check()
            json.append(try await Self.milliseconds(list + ["--json"]))
            table.append(try await Self.milliseconds(list))
            timers.append(try await Self.milliseconds(Self.entering(place) + ["ss", "-Htnoip"]))
        }
        let count = 2 * Self.holders * Self.connectionsOfEach
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

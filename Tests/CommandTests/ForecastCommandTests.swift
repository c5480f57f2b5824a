import FoundationEssentials
import Lab
import Testing

@testable import sluice

/// The built program: `sluice forecast`.
struct ForecastCommandTests {
    private func forecast(_ arguments: [String]) async throws -> CommandResult {
        let child = try ChildProcess([try SluiceBinary.path(), "forecast", "--months", "200"] + arguments)
        return try await child.result(within: .seconds(60))
    }

    @Test("CAST-1 a table of at most 80 columns, with every cause, both numbers, what helps most, and what is assumed")
    func table() async throws {
        for arguments in [
            ["--count", "500"],
            ["--keepalive", "off", "--session", "exponential:8h", "--profile", "azure-2025", "--loss", "5%"],
        ] {
            let result = try await forecast(arguments)
            #expect(result.succeeded, "\(result.allOutput)")
            for line in result.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            for text in [
                "CAUSE", "SIMULATED", "scale-in", "maintenance", "idle timeout", "failure of an instance",
                "WHAT HELPS MOST",
                "assumed:",
            ] {
                #expect(result.output.contains(text), "\(text) is missing: \(result.output)")
            }
            #expect(result.errors.contains("of a session"))
            let words = result.output.split { $0.isWhitespace }.joined(separator: " ")
            #expect(words.contains("assumed 1/100, documented until 2025-02") == (arguments[0] == "--count"))
        }
    }

    @Test("CAST-1 --json, the same for the same seed")
    func json() async throws {
        let one = try await forecast(["--json", "--instances", "2..4", "--seed", "3"])
        let other = try await forecast(["--json", "--instances", "2..4", "--seed", "3"])
        #expect(one.succeeded && one.output == other.output)
        struct Report: Decodable {
            struct Row: Decodable {
                let cause: String
                let closedForm: Double
            }
            let causes: [Row]
            let disruptions: Double
            let machineCalls: Int
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(one.output.utf8))
        #expect(report.causes.map(\.cause) == ["scaleIn", "maintenance", "unplanned", "idle"])
        #expect(abs(report.causes[0].closedForm - 17.5) < 1e-6)
        #expect(abs(report.causes.reduce(0) { $0 + $1.closedForm } - report.disruptions) < 1e-9)
        #expect(report.machineCalls > 1_000)
    }

    @Test("CAST-2 --from-flow-log reads lengths and gaps; without a whole session it says so")
    func flowLog() async throws {
        let place = try Place()
        let path = "\(place.path)/PT1H.json"
        func write(_ tuples: [String]) throws {
            let list = tuples.map { "\"\($0)\"" }.joined(separator: ",")
            let text = """
                {"records":[{"category":"NetworkSecurityGroupFlowEvent","macAddress":"000D3AF87856","properties":{"Version":2,
                "flows":[{"rule":"UserRule_db","flows":[{"mac":"000D3AF87856","flowTuples":[\(list)]}]}]}}]}
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
        try write([
            "1663146000,10.0.0.6,10.1.0.4,23956,5432,T,O,A,B,,,,",
            "1663146600,10.0.0.6,10.1.0.4,23956,5432,T,O,A,E,1,60,1,60",
        ])
        let arguments = ["--from-flow-log", path, "--keepalive", "off"]
        let result = try await forecast(arguments + ["--port", "5432"])
        #expect(result.succeeded, "\(result.allOutput)")
        let words = result.output.split { $0.isWhitespace }.joined(separator: " ")
        #expect(words.contains("note: flow log: 1 session, 0 still open"), "\(words)")
        // Two gaps of 300 s, and each kills.
        #expect(words.contains("idle timeout 8,640 "), "\(words)")
        let other = try await forecast(arguments + ["--port", "22"])
        #expect(other.errors.contains("no TCP flow of port 22"), "\(other.errors)")
        #expect(try await forecast(["--from-flow-log", place.path + "/none"]).errors.contains("does not exist"))
        #expect(try await forecast(["--port", "22"]).errors.contains("add --from-flow-log PATH"))
    }

    @Test(
        "CAST-1 nonsense is refused with what to write instead",
        arguments: [
            (["--instances", "4..2"], "write --instances 2..4"), (["--loss", "2"], "write for example 0.1%"),
            (["--profile", "azure-2024"], "did you mean azure-2025?"), (["--session", "none/none"], "exponential:8h"),
            (["--load-curve", "/none/none"], "can't be read"), (["--keepalive", "30"], "write off, 30/10/3"),
            (["--steering", "sluce"], "did you mean sluice?"), (["--unplanned", "100%"], "write a share like 1%"),
            (["--count", "0"], "write how many connections"), (["--months", "0"], "write 1 to"),
        ])
    func refusals(arguments: [String], hint: String) async throws {
        let result = try await forecast(arguments)
        #expect(!result.succeeded && result.output.isEmpty)
        #expect(result.errors.contains(hint), "\(result.errors)")
    }

    @Test("CAST-1 a file with a mistake is refused with its line, and a keep-alive after the timeout is a certain kill")
    func files() async throws {
        let place = try Place()
        let path = "\(place.path)/lengths"
        try Data("90s\nlong\n".utf8).write(to: URL(fileURLWithPath: path))
        let refused = try await forecast(["--session", path])
        #expect(refused.errors.contains("\(path), line 2: 'long'"), "\(refused.errors)")
        let warned = try await forecast(["--keepalive", "300/10/3"])
        #expect(warned.succeeded && warned.output.contains("note: certain kill"), "\(warned.allOutput)")
    }
}

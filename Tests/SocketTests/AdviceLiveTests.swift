import FoundationEssentials
import Glibc
import Lab
import Testing

@testable import Sockets

/// Advice for real programs.
@Suite struct AdviceLiveTests {
    private struct Advice: Decodable {
        struct Setting: Decodable {
            let id: String
            let source: String
        }

        let program: String?
        let processes: [Int32]
        let port: UInt16
        let sockets: Int
        let verdict: String
        let settings: [Setting]
    }

    private struct CheckUp: Decodable {
        let profile: String
        let sockets: [String: Int]
        let advice: [Advice]
    }

    /// A listener on PostgreSQL's port, and psql that waits for its answer.
    private func withDatabaseClient(_ body: (SocketPlace, ChildProcess) async throws -> Void) async throws {
        try await withPlace { place in
            let listener = try ChildProcess(place.inside(["nc", "-l", "127.0.0.1", "5432"]), takesInput: true)
            do {
                _ = try await eventually(within: .seconds(10)) {
                    try await place.run(["ss", "-Htln", "sport = :5432"]).output.contains("5432")
                }
                let client = try ChildProcess(
                    place.inside(["psql", "-h", "127.0.0.1"]), environment: ["PGCONNECT_TIMEOUT": "60"],
                    takesInput: true)
                do {
                    _ = try await eventually(within: .seconds(10)) {
                        try await place.timers("dport = :5432").joined().contains("keepalive")
                    }
                    try await body(place, client)
                } catch {
                    await client.terminate()
                    throw error
                }
                await client.terminate()
            } catch {
                await listener.terminate()
                throw error
            }
            await listener.terminate()
        }
    }

    @Test("RISK-3 advise names the setting of the program that has the socket")
    func advise() async throws {
        try await withDatabaseClient { place, client in
            let text = try await place.sluice("socket", "advise", "--judge-local")
            #expect(text.exit == .code(1), "\(text.allOutput)")
            #expect(text.output.contains("psql (\(client.identifier))") && text.output.contains("keepalives_idle=30"))
            let json = try await place.sluice("socket", "advise", "--judge-local", "--json")
            let advice = try JSONDecoder().decode([Advice].self, from: Data(json.output.utf8))
            let psql = try #require(advice.first { $0.program == "psql" })
            #expect(psql.processes == [client.identifier] && psql.port == 5432 && psql.verdict == "atRisk")
            #expect(psql.settings.map(\.id) == ["postgresql-libpq"] && psql.settings[0].source.contains("measured"))
            let table = try await ChildProcess([try SluiceBinary.path(), "socket", "advise", "--table"]).result(
                within: .seconds(20)
            ).required()
            for row in ClientTable.rows { #expect(table.output.contains(row.setting), "\(row.identifier)") }
        }
    }

    @Test("RISK-1 RISK-3 check-up looks at all namespaces, and its exit code says whether sockets are at risk")
    func checkUp() async throws {
        try await withDatabaseClient { place, client in
            let sluice = try SluiceBinary.path()
            let text = try await ChildProcess([sluice, "check-up", "--judge-local"]).result(within: .seconds(60))
            #expect(text.exit == .code(1), "\(text.allOutput)")
            #expect(text.output.contains("profile azure, idle timeout 4m north-south, 5m east-west"))
            #expect(text.output.contains("psql (\(client.identifier))") && text.output.contains("sluice socket fix"))
            let json = try await ChildProcess([sluice, "check-up", "--judge-local", "--json"]).result(
                within: .seconds(60))
            let report = try JSONDecoder().decode(CheckUp.self, from: Data(json.output.utf8))
            #expect(report.profile == "azure" && report.sockets["atRisk"] ?? 0 > 0)
            #expect(report.advice.contains { $0.processes == [client.identifier] })
        }
    }

    @Test("RISK-1 where no socket is at risk the exit code is 0")
    func nothingAtRisk() async throws {
        try await withPlace { place in
            for command in [["socket", "list"], ["socket", "advise"], ["socket", "fix"]] {
                let result = try await ChildProcess([try SluiceBinary.path()] + command + ["--netns", place.name])
                    .result(
                        within: .seconds(60))
                #expect(result.exit == .code(0), "\(command) \(result.allOutput)")
            }
            try await withHolder(in: place) { holder in
                // Sessions within the host pass no firewall.
                _ = try await holder.ask("six")
                #expect(try await place.sluice("socket", "list").exit == .code(0))
                #expect(try await place.sluice("socket", "list", "--judge-local").exit == .code(1))
            }
        }
    }
}

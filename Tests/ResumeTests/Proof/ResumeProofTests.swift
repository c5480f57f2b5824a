import Foundation
import Lab
import Testing

/// Real programs over streams, while everything happens to their connections that the gateway can do to them.
@Suite("Programs over resumable streams", .serialized)
struct ResumeProofTests {
    @Test("RESUME-3 ssh, psql, redis and SAP NI notice nothing of resets, idle timeouts, a drain, a recovery, kill -9")
    func programs() async throws {
        try await ResumeLab.with { bed in
            let programs = try await start(bed)
            var identities: [String: String] = [:]
            for program in programs { identities[program.name] = try await program.ask("first") }

            func expectNothingNoticed(_ word: String) async throws {
                for program in programs {
                    let identity = try await program.ask(word)
                    #expect(identity == identities[program.name], "\(program.name) after \(word)")
                }
            }
            let folder = bed.lab.directory
            let copy = try startCopy(bed)
            for number in 1...100 {
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<150)))
                try await bed.resetSessions()
                if number.isMultiple(of: 10) { try await expectNothingNoticed("reset\(number)") }
            }
            #expect(await copy.waitForExit(within: .seconds(120)) == .code(0), "scp: \(copy.allOutput)")
            #expect(copy.standardError.components(separatedBy: "stream resumed").count > 10, "the copy was interrupted")
            let sums = try await bed.lab.execute(
                in: .client, ["sha256sum", "\(folder)/original", "\(folder)/copy"], within: .seconds(60)
            ).required().output.split(separator: "\n").map { $0.prefix(64) }
            #expect(sums.count == 2 && sums[0] == sums[1], "256 MB by scp")
            // A reset may hit a stream that is just coming back.
            #expect(bed.resumptions >= 100, "\(bed.resumptions)")

            // Three idle timeouts.
            var before = bed.resumptions
            try await Task.sleep(for: .seconds(20))
            #expect(bed.resumptions - before >= 2 * programs.count)
            try await expectNothingNoticed("idle")

            before = bed.resumptions
            try await bed.gateway.drainInstances()
            try await expectNothingNoticed("drain")
            #expect(bed.resumptions - before >= programs.count)

            try await bed.gateway.killInstances()
            try await expectNothingNoticed("recovery")

            try await bed.killGateway()
            try await expectNothingNoticed("gateway")

            try await finish(programs, bed)
        }
    }

    // MARK: Begin and end

    private static let script = #filePath.replacingOccurrences(
        of: "ResumeTests/Proof/ResumeProofTests.swift", with: "ApplicationTests/Scripts/ni.py")

    private func start(_ bed: ResumeLab) async throws -> [ResumedProgram] {
        let lab = bed.lab
        let shell = try await SecureShell(lab: lab, zone: .internet)
        let database = try await Database(lab: lab, zone: .internet)
        let redis = try lab.spawn(
            in: .zone(.internet), ["redis-server", "--port", "6379", "--save", "", "--dir", lab.directory])
        try await redis.waitForText("Ready to accept connections", within: .seconds(20))
        let interface = try lab.spawn(
            in: .zone(.internet), ["/usr/bin/python3", "-u", Self.script, "server", "3200", "1200", "60"])
        try await interface.waitForText("ready", within: .seconds(20))
        #expect(database.server.isRunning)
        _ = try await bed.client([15432: 5432, 16379: 6379, 13200: 3200])
        return [
            try await .secureShell(bed, shell), try await .database(bed, port: 15432),
            try await .subscriber(bed, port: 16379, serverPort: 6379),
            try .networkInterface(bed, script: Self.script, port: 13200),
        ]
    }

    /// Copies 256 MB from the server's host by scp.
    private func startCopy(_ bed: ResumeLab) throws -> ChildProcess {
        let folder = bed.lab.directory
        let script = """
            set -e
            head -c 268435456 /dev/urandom >\(folder)/original
            chmod 644 \(folder)/original
            scp -q -O -F none -i \(folder)/key-internet -P \(SecureShell.port) -o StrictHostKeyChecking=no \
                -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o 'ProxyCommand=\(bed.proxyCommand)' \
                postgres@\(LabZone.internet.address):\(folder)/original \(folder)/copy
            """
        return try bed.lab.spawn(in: .client, ["sh", "-c", script])
    }

    /// The programs end as usual, and nothing was lost.
    private func finish(_ programs: [ResumedProgram], _ bed: ResumeLab) async throws {
        for program in programs {
            switch program.name {
            case "ssh": program.client.write("exit 7\n")
            case "psql": program.client.write("COMMIT; SELECT 'rows-' || count(*) FROM words;\n\\q\n")
            case "SAP NI": program.client.closeInput()
            default: program.client.send(signal: 2)
            }
        }
        let shell = try #require(programs.first { $0.name == "ssh" })
        #expect(await shell.client.waitForExit(within: .seconds(30)) == .code(7))
        let database = try #require(programs.first { $0.name == "psql" })
        #expect(await database.client.waitForExit(within: .seconds(30)) == .code(0))
        // first, ten of the resets, idle, drain, recovery, gateway
        #expect(database.client.standardOutput.contains("rows-15"), "\(database.client.allOutput)")
        let interface = try #require(programs.first { $0.name == "SAP NI" })
        #expect(await interface.client.waitForExit(within: .seconds(30)) == .code(0))
        let subscriber = try #require(programs.first { $0.name == "redis subscribe" })
        let messages = subscriber.client.standardOutput.split(separator: "\n").filter { $0.hasPrefix("answer-") }
        #expect(messages.count == 15 && Set(messages).count == 15, "each message once: \(messages)")
        #expect(!bed.server.standardError.contains("stream lost"), "\(bed.server.standardError.suffix(3000))")
    }
}

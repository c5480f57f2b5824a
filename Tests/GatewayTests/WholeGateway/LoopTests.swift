import FoundationEssentials
import Glibc
import Inspection
import Lab
import TestSupport
import Testing

@testable import Gateway

/// Slow work does not keep the controller from supervising instances. No time is measured: the tests check that an event which must
/// not wait for the work comes before the work ends.
@Suite(.serialized) struct LoopTests {
    private static let reading = "reading the configuration again"
    private static let compiled = "the configuration is read and compiled"

    /// Three groups of a thousand rules with different prefixes each, as the zones have them, among 24 of an export. Takes seconds to read
    /// and compile.
    private func largeConfiguration(_ lab: Lab, rules: [String] = []) throws -> String {
        var groups: [String] = []
        for name in LabZone.allCases.map(\.rawValue) + (0..<21).map({ "spare-\($0)" }) {
            let number = groups.count % 3
            let items = (0..<1000).map { index in
                let prefixes = (0..<4).map { "\"10.\(number * 64 + index / 16).\(index % 16 * 16 + $0 * 4).0/24\"" }
                return """
                    {"name":"r\(index)","properties":{"priority":\(100 + index),"direction":"Inbound","access":"Allow",\
                    "protocol":"Tcp","sourceAddressPrefixes":[\(prefixes.joined(separator: ","))],"sourcePortRange":"*",\
                    "destinationAddressPrefix":"*","destinationPortRange":"\(1000 + index * 7)"}}
                    """
            }
            groups.append(
                #"{"name":"g-\#(name)","properties":{"securityRules":[\#(items.joined(separator: ","))]}}"#)
        }
        _ = try lab.write("[\(groups.joined(separator: ","))]", to: "groups.json")
        var text = lab.configuration(
            timeScale: scale, rules: rules, extra: "\(preserve)\nnetworkSecurityGroups: [groups.json]")
        for zone in LabZone.allCases {
            text = text.replacing(
                "name: \(zone.rawValue), ", with: "name: \(zone.rawValue), networkSecurityGroup: g-\(zone.rawValue), ")
        }
        return text
    }

    /// A reload by a separate process, which is not waited for yet.
    private func reload(_ gateway: LabGateway) -> Task<CommandResult, any Error> {
        Task { try await gateway.command("reload", within: .seconds(60)) }
    }

    private func waitUntil(_ gateway: LabGateway, says text: String, count: Int = 1) async -> Bool {
        await eventually(within: .seconds(60)) { said(gateway, text) >= count }
    }

    private func said(_ gateway: LabGateway, _ text: String) -> Int {
        gateway.process.allOutput.split(separator: "\n").count { $0.contains(text) }
    }

    @Test("MET-3 RECOV-1 an instance that is killed while a large policy compiles is replaced before that is done")
    func compiling() async throws {
        try await withRunningGateway(extra: preserve) { lab, gateway in
            try FileStore.replace(gateway.configurationPath, with: Array(largeConfiguration(lab).utf8))
            let answer = reload(gateway)
            #expect(await waitUntil(gateway, says: Self.reading))
            let first = try lab.owningProcess()
            kill(first, SIGKILL)
            let isReplaced = await eventually(within: .seconds(60)) { lab.isReplaced(first) }
            #expect(isReplaced)
            #expect(said(gateway, Self.compiled) == 0, "the policy was compiled before the instance was replaced")
            let result = try await answer.value
            #expect(result.succeeded && result.output.contains("rules in force"), "\(result)")
            #expect(said(gateway, Self.compiled) == 1)
        }
    }

    @Test("MET-3 OPS-3 a reload that is asked for while one compiles reads the file again, and both are answered")
    func twice() async throws {
        try await withRunningGateway { lab, gateway in
            try FileStore.replace(gateway.configurationPath, with: Array(largeConfiguration(lab).utf8))
            let first = reload(gateway)
            #expect(await waitUntil(gateway, says: Self.reading))
            let rule = #"name: more, priority: 90, access: Deny, protocol: Tcp, source: "*", destination: "*""#
            // The first one has read the file when it compiles. Otherwise it is refused, or reads the new one.
            try FileStore.replace(
                gateway.configurationPath, with: Array(lab.configuration(timeScale: scale, rules: [rule]).utf8))
            let second = reload(gateway)
            _ = try await first.value
            let result = try await second.value
            #expect(result.succeeded && result.output.contains("4 rules in force"), "\(result)")
            #expect(said(gateway, Self.reading) == 2)
        }
    }

    @Test("MET-3 BAD-6 a stop while a policy compiles ends it: the answer is that nothing was changed")
    func stopped() async throws {
        try await withRunningGateway { lab, gateway in
            try FileStore.replace(gateway.configurationPath, with: Array(largeConfiguration(lab).utf8))
            let answer = reload(gateway)
            #expect(await waitUntil(gateway, says: Self.reading))
            #expect(await gateway.stop() == .code(0))
            #expect(said(gateway, Self.compiled) == 0, "it was compiled before the stop")
            let result = try await answer.value
            #expect(!result.succeeded && result.errors.contains("the gateway is stopping"), "\(result)")
            #expect(result.errors.contains("Nothing was changed."))
            #expect(access(RunDirectory(gateway: lab.name).path, F_OK) != 0)
        }
    }

    @Test("MET-3 BAD-5 while nft hangs an instance that is killed is replaced; nft is killed, and that is reported")
    func hangingProgram() async throws {
        try await withTestLab(prefix: "sluice-gw") { lab in
            // Hangs as long as the file `hang` is there, in a separate process, and writes the number of that process.
            let script = """
                #!/bin/sh
                if [ -e \(lab.directory)/hang ]; then sleep 1000 & echo $! > \(lab.directory)/hung; wait; fi
                PATH=/usr/sbin:/usr/bin:/sbin:/bin exec nft "$@"

                """
            _ = try lab.write(script, to: "nft", mode: 0o700)
            let gateway = try await lab.startGateway(
                configuration: lab.configuration(timeScale: scale, extra: preserve),
                environment: ["PATH": "\(lab.directory):/usr/sbin:/usr/bin:/sbin:/bin"])
            _ = try lab.write("", to: "hang")
            let answer = reload(gateway)
            let hung = {
                (try? String(contentsOfFile: "\(lab.directory)/hung", encoding: .utf8)).flatMap { text in
                    pid_t(text.prefix { $0 != "\n" })
                }
            }
            #expect(await eventually(within: .seconds(30)) { hung() != nil })
            let sleeper = try #require(hung())
            let first = try lab.owningProcess()
            kill(first, SIGKILL)
            #expect(await eventually(within: .seconds(30)) { lab.isReplaced(first) })
            #expect(kill(sleeper, 0) == 0, "nft had ended before the instance was replaced")

            #expect(await waitUntil(gateway, says: "the guard can't be checked: 'nft' did not end within"))
            #expect(await eventually(within: .seconds(10)) { kill(sleeper, 0) != 0 })
            #expect(try await answer.value.output.contains("rules in force"))
            let status = try await gateway.command("status", "--json").output
            #expect(status.contains("the guard can't be checked"))
            unlink("\(lab.directory)/hang")
            #expect(await waitUntil(gateway, says: "the problem is over about=guard"))
            #expect(await gateway.stop() == .code(0))
        }
    }

    @Test("MET-3 status shows the longest iteration of the controller's loop")
    func longestTurn() async throws {
        try await withRunningGateway { lab, gateway in
            struct Status: Decodable {
                struct Controller: Decodable {
                    struct Iteration: Decodable {
                        let milliseconds, workMilliseconds: Double
                        let work: String
                    }
                    let longestTurn: Iteration?
                }
                let controller: Controller
            }
            var iteration: Status.Controller.Iteration?
            for _ in 0..<100 where iteration == nil {
                let output = try await gateway.command("status", "--json").output
                iteration = try JSONDecoder().decode(Status.self, from: Data(output.utf8)).controller.longestTurn
                try await Task.sleep(for: .milliseconds(200))
            }
            let seen = try #require(iteration)
            #expect(seen.milliseconds > 0 && seen.workMilliseconds <= seen.milliseconds)
            #expect(IterationAccounting.Work(rawValue: seen.work) != nil)
        }
    }
}

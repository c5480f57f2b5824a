import ArgumentParser
import Fleet
import FlowCore
import Lab
import Testing

@testable import Inspection
@testable import sluice

/// Unknown words: each error names the word that was probably meant, and the known words.
struct WordTests {
    private func message(_ line: String) -> String {
        let arguments = line.split(separator: " ").map(String.init)
        do {
            _ = try Sluice.parseAsRoot(arguments)
            return ""
        } catch {
            return WrongCommand.message(arguments) ?? Sluice.fullMessage(for: error)
        }
    }

    @Test(
        "BAD-6 for a mistyped word of any option the error suggests the right word",
        arguments: [
            ("session list --state establised", "did you mean established?"),
            ("session list --class northSuoth", "did you mean northSouth?"),
            ("session list --protocol tpc", "did you mean tcp?"),
            ("session watch --state closeing", "did you mean closing?"),
            ("event list --kind instanceDrainning", "did you mean instanceDraining?"),
            ("event follow --kind gatewaystart", "gatewayStarted"),
            ("flow-log query --format vnet-v5", "did you mean vnet-v4?"),
            ("flow-log tail --protocol udpp", "did you mean udp?"),
            ("policy explain --protocol tcpp --source 10.0.0.1 --destination 10.0.0.2", "did you mean tcp?"),
            ("completions generate bassh", "did you mean bash?"),
            ("lab exec clinet", "did you mean client?"),
            ("demo --only session", "did you mean sessions?"),
            ("session list --soruce 10.0.0.1", "--source"),
            ("socket list --profile azur", "did you mean azure?"),
            ("socket lst", "did you mean list?"),
        ])
    func suggestions(line: String, hint: String) {
        let message = message(line)
        #expect(message.contains(hint), "\(message)")
    }

    @Test(
        "BAD-6 for a mistyped command the error names the right one, all commands, and the next command",
        arguments: [
            ("sesion list", "did you mean session?", "sluice --help"),
            ("session lst", "did you mean list?", "sluice session --help"),
            ("maintenance pasue", "did you mean pause?", "sluice maintenance --help"),
            ("frobnicate", "write run, status", "sluice --help"),
        ])
    func commands(line: String, hint: String, next: String) {
        let message = message(line)
        #expect(message.contains(hint) && message.contains("next: \(next)"), "\(message)")
        #expect(!message.contains("instance-process"))
    }

    @Test(
        "a correct command line, or one with another mistake, is not reported as a wrong command",
        arguments: ["session list", "session --help", "help", "session list extra", "status"])
    func known(line: String) {
        #expect(WrongCommand.message(line.split(separator: " ").map(String.init)) == nil)
    }

    @Test("OPS-4 --kind takes every kind that a history can have, and nothing else")
    func kinds() {
        for kind in FleetChange.Kind.allCases { #expect(message("event list --kind \(kind.rawValue)").isEmpty) }
        for kind in ["gatewayStarted", "programReplaced", "historyGap", "interface-gone", "PROBLEMBEGAN"] {
            #expect(message("event list --kind \(kind)").isEmpty)
        }
        #expect(message("event list --kind nonsense").contains("is not a kind of event"))
    }

    @Test("words are read in any case and with hyphens; short ones too")
    func spelling() throws {
        #expect(try FilterOptions.states.read("syn-sent") == .synSent)
        #expect(try FilterOptions.classes.read("EW") == .eastWest)
        #expect(try FilterOptions.classes.read("north-south") == .northSouth)
        #expect(WordText.alternatives(["a", "b", "c"]) == "a, b or c" && WordText.alternatives([]) == "")
    }

    @Test("BAD-6 for a mistyped gateway the next command has the nearest name")
    func gateway() {
        let error = InspectionError.noGateway(name: "edge-22", known: ["core", "edge-2"])
        #expect("\(error)".hasSuffix("next: sluice status --gateway edge-2"))
    }
}

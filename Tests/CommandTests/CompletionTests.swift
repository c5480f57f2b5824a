import FoundationEssentials
import Glibc
import Lab
import Testing

@testable import sluice

/// bash's completions of the last word of a command line.
enum BashCompletion {
    /// - Parameters:
    ///   - lab: where the shell runs; nil: here.
    ///   - directory: the shell's working directory.
    static func offers(_ line: [String], in lab: Lab? = nil, directory: String = "/") async throws -> [String] {
        let binary = try SluiceBinary.path()
        let generated = try await ChildProcess([binary, "completions", "generate", "bash"]).result(within: .seconds(30))
        let path = "/tmp/sluice-completion-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try Data(generated.output.utf8).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        // Does the same as readline at a Tab: finds the function, sets the line, and calls the function.
        let script = """
            cd "$2" || exit 1
            source "$1"
            function=$(complete -p sluice | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
            shift 2
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
            compopt() { :; }
            "$function" sluice "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let command = ["bash", "-c", script, "bash", path, directory, binary] + line
        let result =
            if let lab { try await lab.execute(in: .gateway, command) } else {
                try await ChildProcess(command).result(within: .seconds(30))
            }
        #expect(result.exit == .code(0), "\(result.errors)")
        return result.output.split(separator: "\n").map { String($0).trimmingSpaces }
    }
}

extension String {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

struct CompletionTests {
    @Test(
        "OPS-2 a real bash completes the words of options and arguments",
        arguments: [
            (["session", "list", "--state", "e"], ["established"]),
            (["session", "reset", "--class", ""], ["northSouth", "eastWest"]),
            (
                ["event", "list", "--kind", "gateway"],
                ["gatewayHandedOver", "gatewayStarted", "gatewayStopped", "gatewayTookOver"]
            ),
            (["flow-log", "query", "--format", ""], ["nsg-v2", "vnet-v4"]),
            (["completions", "generate", "z"], ["zsh"]),
            (["demo", "--only", "f"], ["fleet"]),
            (["lab", "exec", "c"], ["client"]),
            (["session", "list", "--protocol", "t"], ["tcp"]),
            (["release", "l"], ["lo"]),
            (["socket", "list", "--profile", "azure-"], ["azure-2025", "azure-2022"]),
            (["socket", "guard", "r"], ["remove"]),
            (["check"], ["check-up"]),
        ])
    func words(line: [String], offered: [String]) async throws {
        let found = try await BashCompletion.offers(line)
        #expect(Set(found) == Set(offered))
    }

    @Test("OPS-2 a real bash completes configurations and directories")
    func files() async throws {
        let place = try Place()
        for name in ["sluice.yaml", "other.yml", "notes.txt"] {
            try Data().write(to: URL(fileURLWithPath: "\(place.path)/\(name)"))
        }
        mkdir("\(place.path)/logs", 0o700)
        for line in [
            ["config", "check", ""], ["policy", "check", ""], ["run", "--config", ""], ["policy", "diff", ""],
        ] {
            let found = try await BashCompletion.offers(line, directory: place.path)
            #expect(Set(found) == ["sluice.yaml", "other.yml", "logs"], "\(line)")
        }
        #expect(
            try await BashCompletion.offers(["flow-log", "query", "--directory", ""], directory: place.path) == ["logs"]
        )
    }

    @Test("the value of an option in a line that is not complete yet")
    func options() {
        #expect(Completing.option("--gateway", in: ["sluice", "session", "show", "--gateway", "a", ""]) == "a")
        #expect(Completing.option("--gateway", in: ["sluice", "--gateway=b"]) == "b")
        #expect(Completing.option("--gateway", in: ["sluice", "--gateway", ""]) == nil)
        #expect(Completing.option("--gateway", in: ["sluice", "--gateway"]) == nil)
    }
}

import ArgumentParser
import Glibc

/// `sluice relay`: executes `sluice-relay`, a separate program that needs neither root nor this one's libraries.
struct RelayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay",
        abstract: "Run the relay, which behaves like the firewall for test suites, without root.",
        discussion: """
            All arguments are those of 'sluice-relay': see 'sluice-relay --help'.

            sluice relay --proxy db=127.0.0.1:15432,127.0.0.1:5432
            sluice relay run SCENARIO.yaml --junit results.xml -- pytest
            """)

    @Argument(parsing: .captureForPassthrough, help: "Options and commands of sluice-relay.")
    var arguments: [String] = []

    private static let program = "sluice-relay"

    func run() throws {
        let own = RelayCommand.ownFolder
        let paths = own.map { ["\($0)/\(RelayCommand.program)", RelayCommand.program] } ?? [RelayCommand.program]
        for path in paths {
            let pointers = ([path] + arguments).map { strdup($0) } + [nil]
            execvp(path, pointers)
            for pointer in pointers { free(pointer) }
        }
        throw ValidationError(
            "'\(RelayCommand.program)' is neither beside this program nor in PATH: install the package 'sluice-relay', or build "
                + "it with 'swift build --product sluice-relay'.")
    }

    private static var ownFolder: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { return nil }
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}

import ArgumentParser
import Glibc
import Logging
import Resume

/// What the commands write for people.
enum ResumeOutput {
    /// A line on stdout, at once: other programs wait for it.
    static func line(_ text: String) {
        print(text)
        fflush(nil)
    }

    /// Writes the text of an error to stderr, and ends the program with status 1.
    static func reporting<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let exit as ExitCode {
            throw exit
        } catch {
            LineLog.write("sluice-resume: \(error)\n")
            throw ExitCode.failure
        }
    }
}

/// What is logged.
enum LogLevelOption: String, ExpressibleByArgument, CaseIterable {
    case debug, info, notice, warning, error

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

/// Options of both ends.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How much each end of a stream keeps to send again: 64K to 64M. A stream can send so much while it has no connection.",
            valueName: "size"),
        transform: OptionTexts.buffer)
    var buffer = 2 << 20

    @Option(help: ArgumentHelp("The most streams at the same time.", valueName: "number"))
    var maxStreams = 5000

    @Option(help: "The least important level that is logged.")
    var logLevel = LogLevelOption.info

    func validate() throws {
        guard (1...1_000_000).contains(maxStreams) else {
            throw ValidationError("--max-streams must be 1 to 1000000.")
        }
    }
}

/// Reads values of options.
enum OptionTexts {
    static func buffer(_ text: String) throws -> Int {
        let bytes = try Quantity.bytes(text)
        guard ((64 << 10)...(64 << 20)).contains(bytes) else { throw ResumeProblem("'\(text)' must be 64K to 64M") }
        return bytes
    }

    static func memory(_ text: String) throws -> Int {
        let bytes = try Quantity.bytes(text)
        guard bytes >= 1 << 20 else { throw ResumeProblem("'\(text)' must be 1M or more") }
        return bytes
    }

    /// How long an end waits for the other one. It is 16 bits of seconds in the protocol.
    static func patience(_ text: String) throws -> Duration {
        try Quantity.time(text, within: .seconds(1) ... .seconds(64_800), "1s to 18h")
    }

    static func renewal(_ text: String) throws -> Duration {
        try Quantity.time(text, within: .seconds(1) ... .seconds(86_400 * 7), "1s to 168h")
    }
}

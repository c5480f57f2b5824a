import ArgumentParser
import Glibc
import Relay

/// `sluice-relay run`
struct RunScenario: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract:
            "Run a command, such as a test suite, while the steps of a scenario happen, and judge each connection.",
        discussion: """
            Each connection survives, notices after a time, or hangs. The exit status is the command's, or 1 if a connection \
            hangs or notices too late.

            The command finds the control API in SLUICE_RELAY, and each proxy's address in SLUICE_RELAY_NAME.
            """)

    @Argument(help: "A YAML file of proxies and steps.", completion: .file())
    var scenario: String

    @Option(help: "Write a JUnit report to this file.", completion: .file())
    var junit: String?

    @Option(help: "Write a Markdown table to this file.", completion: .file())
    var markdown: String?

    @Option(help: "Where the control API listens.")
    var listen = "127.0.0.1:0"

    @Flag(help: "Run the command in a network namespace: silence is silence on the wire.")
    var namespaces = false

    @Argument(parsing: .postTerminator, help: "The command, after '--'.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else {
            throw ValidationError("Which command? Write it after '--', like 'run \(scenario) -- pytest -q'.")
        }
    }

    func run() throws {
        guard let bytes = FileText.read(scenario) else {
            RelayOutput.line("can't read '\(scenario)': \(String(cString: strerror(errno)))")
            throw ExitCode(2)
        }
        let read: RelayScenario
        do throws(ScenarioError) {
            read = try ScenarioReader.read(bytes)
        } catch {
            RelayOutput.line("\(scenario): \(error)")
            throw ExitCode(2)
        }
        let report = try RelayOutput.reporting {
            var options = RelayProcess.Options()
            options.listen = listen
            options.version = RelayVersion.text
            let bed = namespaces ? try NamespaceBed() : nil
            let process = try RelayProcess(options, listeners: bed ?? OwnNetwork()) { RelayOutput.line($0) }
            if let notice = process.notice { RelayOutput.line(notice) }
            if let bed { process.useSilence(of: bed) }
            defer { bed?.stop() }
            return try ScenarioProcess.run(read, name: name, command: command, process: process) { variables in
                try bed?.start(command, environment: variables) ?? ChildCommand.start(command, environment: variables)
            }
        }
        if let junit { try write(report.junit, to: junit) }
        if let markdown { try write(report.markdown, to: markdown) }
        for record in report.records where report.failure(of: record) != nil || record.verdict != .survives {
            RelayOutput.line("connection \(record.number) of \(record.proxy): \(record.cause): \(record.verdict.text)")
        }
        for failure in report.failures { RelayOutput.line(failure) }
        throw ExitCode(report.exitStatus)
    }

    /// The file's name without folders and ending.
    private var name: String {
        let file = scenario.split(separator: "/").last.map(String.init) ?? scenario
        return String(file.prefix { $0 != "." })
    }

    private func write(_ text: String, to path: String) throws {
        guard FileText.write(text, to: path) else {
            RelayOutput.line("can't write '\(path)': \(String(cString: strerror(errno)))")
            throw ExitCode.failure
        }
    }
}

/// Whole files.
enum FileText {
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return ferror(file) == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes += buffer[..<count]
        }
    }

    static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        let isWritten = fputs(text, file) >= 0
        return fclose(file) == 0 && isWritten
    }
}

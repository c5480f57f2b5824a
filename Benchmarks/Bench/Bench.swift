import ArgumentParser

/// `./bench`
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measure Sluice, plain forwarding and nftables, interleaved, in network namespaces of this machine.",
        discussion: "The exit code is 0 when all rows were measured, whether targets are met or not.")

    @Flag(help: "Fewer and shorter rounds: shows a trend, not for publication.")
    var quick = false

    @Option(help: "Measure only rows whose name contains this text.")
    var rows: String?

    @Option(help: "Write the report as JSON to this file.")
    var json: String?

    func run() async throws {
        let selected = try Rows.matching(rows)
        StopRequest.begin()
        let testbed = try Testbed(lock: try RunLock())
        let machine = try MachineFacts()
        print(ReportTable.machine(machine))
        let start = try MachineUsage.Mark()
        var reports: [RowReport] = []
        var failures: [String: String] = [:]
        for row in selected {
            do {
                try StopRequest.check()
                Progress.note("measuring \(row.name)")
                let report = try await row.run(testbed, Effort(isQuick: quick))
                print(ReportTable.text(report))
                reports.append(report)
            } catch BenchError.interrupted {
                failures[row.name] = "\(BenchError.interrupted)"
                break
            } catch {
                Progress.note("\(row.name) could not be measured: \(error)")
                failures[row.name] = "\(error)"
            }
        }
        try await testbed.endAll()
        let usage = MachineUsage(from: start, to: try MachineUsage.Mark())
        print("\n" + ReportTable.usage(usage))
        if let json {
            let report = BenchReport(
                machine: machine, usage: usage, isQuick: quick, rows: reports, failures: failures)
            try BenchFile.write(try report.json(), to: json)
        }
        if !failures.isEmpty { throw ExitCode.failure }
    }
}

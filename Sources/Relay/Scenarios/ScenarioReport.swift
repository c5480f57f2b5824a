/// The result of a scenario, for a CI and for a ticket.
package struct ScenarioReport: Sendable {
    package var name: String
    package var command: [String]
    /// The exit status of the command.
    package var status: Int32
    package var durationNanoseconds: UInt64
    package var records: [ConnectionLedger.Record]
    package var noticeWithin: UInt64?
    /// What could not be done: a step that was refused.
    package var problems: [String] = []

    package init(
        name: String, command: [String], status: Int32, durationNanoseconds: UInt64, records: [ConnectionLedger.Record],
        noticeWithin: UInt64?, problems: [String]
    ) {
        self.name = name
        self.command = command
        self.status = status
        self.durationNanoseconds = durationNanoseconds
        self.records = records
        self.noticeWithin = noticeWithin
        self.problems = problems
    }

    /// Why a connection fails the scenario; nil if it does not.
    package func failure(of record: ConnectionLedger.Record) -> String? {
        switch record.verdict {
        case .survives: return nil
        case .notices(let after):
            guard let noticeWithin, after > noticeWithin else { return nil }
            return
                "noticed after \(RelayText.seconds(after)), later than \(RelayText.seconds(noticeWithin)): shorten the "
                + "application's timeout or keep-alive"
        case .hangs(let time):
            return "\(record.cause), and not noticed for \(RelayText.seconds(time)): set a timeout, a heartbeat or "
                + "TCP_USER_TIMEOUT"
        }
    }

    /// Failures that are not about one connection.
    package var failures: [String] {
        var failures = problems
        if status != 0 { failures.append("the command ended with status \(status)") }
        if records.isEmpty {
            failures.append("no connection came through a proxy: does the command use its address?")
        }
        return failures
    }

    /// The exit status of the run: that of the command, or 1 if the scenario failed.
    package var exitStatus: Int32 {
        if status != 0 { return status }
        return failures.isEmpty && !records.contains { failure(of: $0) != nil } ? 0 : 1
    }

    /// JUnit's XML: one test case for the command, and one for each connection.
    package var junit: String {
        let failed = (failures.isEmpty ? 0 : 1) + records.count { failure(of: $0) != nil }
        let seconds = ScenarioReport.decimal(durationNanoseconds)
        let suite = ScenarioReport.escaped("sluice relay \(name)")
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites tests="\(records.count + 1)" failures="\(failed)" time="\(seconds)">
              <testsuite name="\(suite)" tests="\(records.count + 1)" failures="\(failed)" errors="0" skipped="0" time="\(seconds)">

            """
        func testCase(_ name: String, _ time: String, _ failure: String?) {
            let opening =
                "    <testcase classname=\"\(suite)\" name=\"\(ScenarioReport.escaped(name))\" time=\"\(time)\""
            guard let failure else {
                text += opening + "/>\n"
                return
            }
            text += opening + ">\n      <failure message=\"\(ScenarioReport.escaped(failure))\"/>\n    </testcase>\n"
        }
        testCase(
            "command " + command.joined(separator: " "), seconds,
            failures.isEmpty ? nil : failures.joined(separator: "; "))
        for record in records {
            let time: UInt64 =
                switch record.verdict {
                case .survives: 0
                case .notices(let after): after
                case .hangs(let time): time
                }
            testCase(
                "connection \(record.number) of \(record.proxy) \(record.verdict.text)", ScenarioReport.decimal(time),
                failure(of: record))
        }
        return text + "  </testsuite>\n</testsuites>\n"
    }

    /// A table for a ticket.
    package var markdown: String {
        var text = "# \(name)\n\n`\(command.joined(separator: " "))` ended with status \(status) after "
        text += "\(RelayText.seconds(durationNanoseconds)).\n\n"
        for failure in failures { text += "- \(failure)\n" }
        if !failures.isEmpty { text += "\n" }
        text += "| connection | proxy | opened at | what happened | verdict | next connection after |\n"
        text += "|---|---|---|---|---|---|\n"
        for record in records {
            let what = record.disruptedAt.map { "at \(RelayText.seconds($0)): \(record.cause)" } ?? "nothing"
            let next: String
            if let at = record.disruptedAt {
                next = record.nextOpenedAt.map { RelayText.seconds($0 - min($0, at)) } ?? "none came"
            } else {
                next = ""
            }
            text += "| \(record.number) | \(record.proxy) | \(RelayText.seconds(record.openedAt)) | \(what) | "
            text += "\(record.verdict.text)\(failure(of: record) == nil ? "" : " (failure)") | \(next) |\n"
        }
        return text
    }

    private static func decimal(_ nanoseconds: UInt64) -> String {
        String(RelayText.seconds(nanoseconds).dropLast(2))
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            // XML 1.0 has no other control characters.
            case "\0"..<"\t", "\u{0B}"..<"\r", "\u{0E}"..<" ": result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

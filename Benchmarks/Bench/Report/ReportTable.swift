import FoundationEssentials

/// The report for people.
enum ReportTable {
    static func text(_ row: RowReport) -> String {
        var lines = [
            "", "\(row.title)", "  \(pad(row.unit, 46))\(left("median"))\(left("quartiles", 20))\(left("wall"))",
        ]
        for figure in row.figures {
            let value = figure.value
            let quartiles = "\(number(value.lowerQuartile)) - \(number(value.upperQuartile))"
            let wall = figure.wallNanoseconds.map { number($0.median) } ?? ""
            lines.append("  \(pad(figure.title, 46))\(left(number(value.median)))\(left(quartiles, 20))\(left(wall))")
        }
        lines += row.comparisons.map(text)
        lines += row.remarks.map { "  (\($0))" }
        return lines.joined(separator: "\n")
    }

    static func text(_ comparison: RowReport.Comparison) -> String {
        let value = comparison.value
        let target =
            comparison.target.map { "\($0.sense == .atMost ? "at most" : "at least") \(number($0.limit))" } ?? ""
        let doubt = comparison.isCertain == false ? ", but within the noise" : ""
        let verdict = comparison.isMet.map { ($0 ? "  met" : "  MISSED") + doubt } ?? ""
        let quartiles = "\(number(value.lowerQuartile)) - \(number(value.upperQuartile))"
        return "  = \(pad(comparison.what, 44))\(left(number(value.median)))\(left(quartiles, 20))  \(target)\(verdict)"
    }

    static func machine(_ machine: MachineFacts) -> String {
        """
        \(machine.processor), \(machine.cores) cores, \(machine.memoryMebibytes) MiB; Linux \(machine.kernel); \
        \(machine.hypervisor); JIT \(machine.jit); load \(machine.load)
        """
    }

    static func usage(_ usage: MachineUsage) -> String {
        "the machine during the run: \(number(usage.stealPercent)) % steal, \(number(usage.othersPercent)) % of its CPU time used by others"
    }

    /// More than three significant digits would be noise.
    static func number(_ value: Double) -> String {
        switch abs(value) {
        case 100...: String(Int(value.rounded()))
        case 10..<100: String((value * 10).rounded() / 10)
        default: String((value * 1000).rounded() / 1000)
        }
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func left(_ text: String, _ width: Int = 10) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}

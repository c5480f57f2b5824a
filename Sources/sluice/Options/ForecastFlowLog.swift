import FlowLog
import Forecast

/// What a forecast takes from a flow log (CAST-2).
struct ForecastFlowLog {
    /// Seconds.
    let lengths: [Double]
    let gaps: [Double]
    /// What was read, and what the log can't show.
    let note: String

    private static let mostGaps = 100_000

    init(_ path: String, port: UInt16?) throws {
        var filter = FlowLogFilter()
        filter.port = port
        filter.ipProtocol = 6
        var times = FlowTimes()
        let tree: FlowLogTree
        do {
            tree = try FlowLogTree(path)
        } catch {
            throw ForecastProblem(
                "no flow log can be read: \(error)", instead: "name a directory or a PT1H.json with --from-flow-log")
        }
        guard let format = tree.formats.first else {
            throw ForecastProblem(
                "\(path) holds no flow log", instead: "name a directory or a PT1H.json with --from-flow-log")
        }
        let outcome = FlowLogReading.forEach(in: tree, format: format, filter: filter) { times.add($0) }
        lengths = times.lengths
        gaps = times.sampledGaps(most: ForecastFlowLog.mostGaps)
        guard !lengths.isEmpty, !gaps.isEmpty else {
            let ports = port.map { " of port \($0)" } ?? ""
            throw ForecastProblem(
                "\(path) has no TCP flow\(ports) with both its begin and its end, among "
                    + HumanText.count(outcome.read, of: "tuple"),
                instead: "name a longer log, or write --session and --idle-gaps")
        }
        let unreadable =
            outcome.unreadable > 0 ? ", \(HumanText.count(outcome.unreadable, of: "record")) could not be read" : ""
        note =
            "flow log: \(HumanText.count(lengths.count, of: "session")), \(times.openFlows) still open\(unreadable); gaps are "
            + "means between two records, so single longer ones are not seen"
    }
}

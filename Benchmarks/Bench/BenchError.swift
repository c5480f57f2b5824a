/// Why a measurement could not be made: what is wrong, and what to do next.
enum BenchError: Error, CustomStringConvertible {
    /// A system call failed.
    case system(call: String, reason: String)
    /// A program gave an unexpected answer.
    case answer(of: String, was: String)
    /// A contender did not forward all packets, so its figures would have no meaning.
    case notForwarded(contender: String, sent: Int, arrived: Int)
    /// A contender has another number of sessions than were opened.
    case sessions(contender: String, expected: Int, found: Int)
    /// Ctrl-C, or SIGTERM.
    case interrupted
    /// Another benchmark runs on this machine.
    case running
    /// No row has a matching name.
    case noRow(pattern: String, rows: [String])

    var description: String {
        switch self {
        case .system(let call, let reason):
            "\(call): \(reason)"
        case .answer(let program, let was):
            "\(program) gave an unexpected answer: \(was)"
        case .notForwarded(let contender, let sent, let arrived):
            "\(contender) was sent \(sent) packets and forwarded \(arrived): its figures would have no meaning"
        case .sessions(let contender, let expected, let found):
            "\(contender) has \(found) sessions instead of \(expected): its figures would have no meaning"
        case .interrupted:
            "interrupted"
        case .running:
            "another benchmark runs on this machine, and would disturb the figures: wait until it ends"
        case .noRow(let pattern, let rows):
            "no row's name contains '\(pattern)': the rows are \(rows.joined(separator: ", "))"
        }
    }
}

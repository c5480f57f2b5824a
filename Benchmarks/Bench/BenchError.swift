/// Why a measurement could not be made: what is wrong, and what to do next.
enum BenchError: Error, CustomStringConvertible {
    /// A system call failed.
    case system(call: String, reason: String)
    /// A program's answer was not what it should be.
    case answer(of: String, said: String)
    /// A contender did not forward what it was sent: its figures would mean nothing.
    case notForwarded(contender: String, sent: Int, arrived: Int)
    /// A contender holds another number of sessions than were opened.
    case sessions(contender: String, expected: Int, found: Int)
    /// Ctrl-C, or SIGTERM.
    case interrupted
    /// Another benchmark runs on this machine.
    case running
    /// No row has such a name.
    case noRow(pattern: String, rows: [String])

    var description: String {
        switch self {
        case .system(let call, let reason):
            "\(call): \(reason)"
        case .answer(let program, let said):
            "\(program) said what was not expected: \(said)"
        case .notForwarded(let contender, let sent, let arrived):
            "\(contender) was sent \(sent) packets and forwarded \(arrived): its figures would mean nothing"
        case .sessions(let contender, let expected, let found):
            "\(contender) holds \(found) sessions instead of \(expected): its figures would mean nothing"
        case .interrupted:
            "interrupted"
        case .running:
            "another benchmark runs on this machine, and each would disturb the other: wait for its end"
        case .noRow(let pattern, let rows):
            "no row's name holds '\(pattern)': they are \(rows.joined(separator: ", "))"
        }
    }
}

/// Why a command can't do what it was asked for, and what to do next.
struct CommandFailure: Error, CustomStringConvertible {
    /// Which object, and what is wrong with it.
    var what: String
    /// What to run or to write next.
    var next: String

    var description: String { "\(what)\nnext: \(next)" }
}

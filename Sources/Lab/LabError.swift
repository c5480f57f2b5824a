/// Why the lab could not do something: which object, what is wrong, what to do next.
package enum LabError: Error, Equatable, CustomStringConvertible {
    /// A lab of this name is up already.
    case exists(lab: String)
    /// There is no lab of this name.
    case missing(lab: String)
    /// The name can't be part of a namespace name.
    case badName(String)
    /// The program could not be started.
    case notStarted(command: String, reason: String)
    /// The program ended with an exit code other than 0.
    case failed(command: String, status: String, output: String)
    /// An expected event did not happen in time.
    case timedOut(waitingFor: String, seconds: Double, seen: String)
    /// A file could not be written or read.
    case file(path: String, reason: String)
    /// Something was left after the clean-up.
    case leftBehind(String)

    package var description: String {
        switch self {
        case .exists(let lab):
            "the lab \(lab) is up already: end it with 'sluice lab down', or give another name"
        case .missing(let lab):
            "there is no lab \(lab): set it up with 'sluice lab up'"
        case .badName(let name):
            "'\(name)' can't name a lab: use 1 to 32 letters, digits, '-' and '_', a letter first"
        case .notStarted(let command, let reason):
            "'\(command)' could not be started: \(reason)"
        case .failed(let command, let status, let output):
            "'\(command)' failed (\(status)): \(output)"
        case .timedOut(let waitingFor, let seconds, let seen):
            "waited \(seconds) s for \(waitingFor) without success; output so far: \(seen)"
        case .file(let path, let reason):
            "\(path): \(reason)"
        case .leftBehind(let what):
            "the clean-up left behind: \(what)"
        }
    }
}

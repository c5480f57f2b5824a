/// Why no further attempt is made.
public enum GiveUpReason: Sendable, Hashable {
    /// The failure is not one that time repairs.
    case notRetryable(FailureClass)
    /// The next attempt would begin after the deadline, which is this long after the first failure.
    case deadline(Duration)
    /// So many attempts have failed, the first one included.
    case attempts(Int)
}

extension GiveUpReason: CustomStringConvertible {
    /// A sentence for a log.
    public var description: String {
        switch self {
        case .notRetryable(let failure): "A failure of the class \(failure.rawValue) is not retried."
        case .deadline(let time): "The deadline of \(time) after the first failure has come."
        case .attempts(let count): "\(count) attempts have failed."
        }
    }
}

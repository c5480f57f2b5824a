/// How a connection ended, or why an attempt to make one failed: as much as decides whether, and when, to try again.
///
/// Errors of the operating system are classified by their number (``init(errno:)``). `SluiceResilienceNIO` classifies
/// SwiftNIO's errors. An application classifies its own: a server that refuses a password is ``authentication``.
public enum FailureClass: String, Sendable, Hashable, CaseIterable {
    /// The connection was reset. A firewall that ends a session reports it so, and a new one may begin at once.
    case reset
    /// The other end closed the connection.
    case closed
    /// No answer came in time. What was sent may have been lost without any notice.
    case timedOut
    /// Nothing listens at the address, for now.
    case refused
    /// There is no route to the address, for now.
    case unreachable
    /// The name could not be resolved, for now.
    case nameResolution
    /// This host has too few descriptors, ports or buffers, for now.
    case localResources
    /// The other end's certificate is not accepted, or it does not accept ours.
    case certificate
    /// The other end does not accept who we are.
    case authentication
    /// The other end does not speak the protocol, or no version of it that we speak.
    case protocolMismatch
    /// This host's rules forbid the connection.
    case permission
    /// The request itself is wrong: a mistake of the program or of its configuration.
    case invalidArgument
    /// Nothing is known about the error. Classify it, if it is worth another attempt.
    case unknown

    /// Whether the same attempt may succeed later.
    ///
    /// False for what only a person can change. An attempt that fails for such a reason fails again, and may lock an
    /// account or fill a log.
    public var isRetryable: Bool {
        switch self {
        case .reset, .closed, .timedOut, .refused, .unreachable, .nameResolution, .localResources: true
        case .certificate, .authentication, .protocolMismatch, .permission, .invalidArgument, .unknown: false
        }
    }
}

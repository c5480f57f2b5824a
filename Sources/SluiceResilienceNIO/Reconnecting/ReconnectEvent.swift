public import SluiceResilience

/// What a ``ReconnectingChannel`` reports.
public enum ReconnectEvent<Connection: Sendable>: Sendable {
    /// There is a connection: the first one, one after a loss, or one that replaces an older one which still works.
    /// Attempts are counted from 1, failed ones too, so the number names the connection.
    case connected(attempt: Int, Connection)
    /// A connection is gone. Another one follows, unless ``gaveUp(_:)`` does.
    case disconnected(Disconnection)
    /// Nothing more is tried. This is the last event.
    case gaveUp(GiveUpReason)
}

/// The end of one connection.
public struct Disconnection: Sendable, Hashable {
    /// Why a connection has ended.
    public enum Cause: Sendable, Hashable {
        /// The network or the other end has ended it.
        case lost(FailureClass)
        /// The application has closed it.
        case closedHere
        /// A planned reconnect has replaced it.
        case replaced
    }

    /// The number of the attempt that had made the connection.
    public let attempt: Int
    /// Why it has ended.
    public let cause: Cause
    /// How long it had been in use. A value that is the same each time is the mark of a timeout.
    public let age: Duration
    /// How long nothing had been sent or received. A value near a firewall's idle timeout shows why.
    public let idle: Duration
}

extension Disconnection: CustomStringConvertible {
    /// A line for a log.
    public var description: String {
        let reason =
            switch cause {
            case .lost(let failure): "lost (\(failure.rawValue))"
            case .closedHere: "closed here"
            case .replaced: "replaced"
            }
        return "connection \(attempt) \(reason) after \(age), idle for \(idle)"
    }
}

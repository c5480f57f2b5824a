public import SluiceResilience

/// Why a server does not open a target.
public struct StreamRefusal: Error, CustomStringConvertible {
    /// ``StreamStatus/targetDenied`` or ``StreamStatus/targetUnreachable``.
    public var status: StreamStatus
    /// What the log says.
    public var description: String

    /// A refusal.
    public init(_ status: StreamStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}

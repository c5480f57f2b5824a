public import SluiceResilience

/// Options of a client.
public struct StreamClientOptions: Sendable {
    /// Sizes and times of the protocol.
    public var limits = StreamLimits()
    /// When a stream is given up.
    public var patience = ClientStream.Patience()

    /// The recommended ones.
    public init() {}
}

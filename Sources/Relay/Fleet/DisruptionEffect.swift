package import Fleet

/// What a disruption asks the shell to do with the connections of a proxy.
package enum DisruptionEffect: Hashable, Sendable {
    /// RST to both ends, spread over `within` nanoseconds. nil: all connections.
    case reset(home: InstanceIdentifier?, within: UInt64)
    /// From now on nothing is passed on, and neither end gets a FIN or a RST.
    case silence(home: InstanceIdentifier?)
    /// A change for the events.
    case record(String)
    /// The toxic is done, and removes itself.
    case over
}

/// Who takes a new connection.
package enum RelayAdmission: Hashable, Sendable {
    /// An instance; nil: the proxy as a whole.
    case taken(home: InstanceIdentifier?)
    case refused(Refusal)
}

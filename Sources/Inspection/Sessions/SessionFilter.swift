package import FlowCore
import FlowLayout
package import Policy

/// Selects sessions. A nil field matches everything; all other fields must match.
package struct SessionFilter: Sendable, Equatable {
    /// Prefix of the end that opened the session.
    package var source: AddressPrefix?
    /// Prefix of the other end.
    package var destination: AddressPrefix?
    /// A port of either end.
    package var port: UInt16?
    /// An IANA protocol number.
    package var ipProtocol: UInt8?
    package var trafficClass: TrafficClass?
    package var state: SessionState?
    /// The identifier of the instance that owns the session.
    package var instance: UInt16?

    package init(
        source: AddressPrefix? = nil, destination: AddressPrefix? = nil, port: UInt16? = nil, ipProtocol: UInt8? = nil,
        trafficClass: TrafficClass? = nil, state: SessionState? = nil, instance: UInt16? = nil
    ) {
        self.source = source
        self.destination = destination
        self.port = port
        self.ipProtocol = ipProtocol
        self.trafficClass = trafficClass
        self.state = state
        self.instance = instance
    }

    /// Whether there is no condition, so that every session matches.
    package var isEmpty: Bool { self == SessionFilter() }

    package func matches(_ record: borrowing SessionRecord) -> Bool {
        if let state, !record.word.isState(state) { return false }
        if let ipProtocol, record.session.key.protocol != ipProtocol { return false }
        if let instance, record.instance != instance { return false }
        if let trafficClass, record.trafficClass != trafficClass { return false }
        if let port, record.session.key.lowPort != port, record.session.key.highPort != port { return false }
        if let source, !lies(record.sourceAddress, in: source, record) { return false }
        if let destination, !lies(record.destinationAddress, in: destination, record) { return false }
        return true
    }

    private func lies(
        _ address: sluice_address, in prefix: AddressPrefix, _ record: borrowing SessionRecord
    ) -> Bool {
        guard record.session.key.family == prefix.family.rawValue else { return false }
        return prefix.contains(NetworkAddress(family: prefix.family, layout: address))
    }
}

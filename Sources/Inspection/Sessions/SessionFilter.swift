package import FlowCore
import FlowLayout
package import Policy

/// Which sessions are meant. What is nil is not asked; what is given must all hold.
package struct SessionFilter: Sendable, Equatable {
    /// Where the end that opened the session lives.
    package var source: AddressPrefix?
    /// Where the end that it was opened to lives.
    package var destination: AddressPrefix?
    /// A port of either end.
    package var port: UInt16?
    /// An IANA protocol number.
    package var ipProtocol: UInt8?
    package var trafficClass: TrafficClass?
    package var state: SessionState?
    /// The owner's identifier.
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

    /// Whether nothing is asked, so that every session passes.
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

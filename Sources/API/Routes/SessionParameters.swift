import FlowCore
import Inspection
import Policy

/// The filters of `sluice session list`, as query parameters or as keys of a body.
enum SessionParameters {
    static let names = ["source", "destination", "port", "protocol", "class", "state", "instance"]

    /// The states in which a session is shown.
    private static let states: [SessionState] = [
        .synSent, .synReceived, .established, .closing, .closed, .resetting,
    ]

    static func filter(_ query: Query) throws(Problem) -> SessionFilter {
        try filter { name throws(Problem) in
            query.text(name)
        } number: { name, range throws(Problem) in
            try query.number(name, range)
        }
    }

    static func filter(_ object: Call.Object) throws(Problem) -> SessionFilter {
        try filter { name throws(Problem) in
            try object.text(name)
        } number: { name, range throws(Problem) in
            try object.integer(name, range)
        }
    }

    private static func filter(
        text: (String) throws(Problem) -> String?, number: (String, ClosedRange<Int>) throws(Problem) -> Int?
    ) throws(Problem) -> SessionFilter {
        var filter = SessionFilter()
        if let source = try text("source") { filter.source = try prefix(source, "source") }
        if let destination = try text("destination") { filter.destination = try prefix(destination, "destination") }
        if let port = try number("port", 0...65535) { filter.port = UInt16(port) }
        if let name = try text("protocol") { filter.ipProtocol = try ipProtocol(name) }
        if let name = try text("class") {
            filter.trafficClass = try word(name, "class", TrafficClass.allCases.map { ("\($0)", $0) })
        }
        if let name = try text("state") { filter.state = try word(name, "state", states.map { ("\($0)", $0) }) }
        if let instance = try number("instance", 1...65535) { filter.instance = UInt16(instance) }
        return filter
    }

    static func prefix(_ text: String, _ field: String) throws(Problem) -> AddressPrefix {
        do throws(AddressPrefix.Mistake) {
            return try AddressPrefix(parsing: text)
        } catch {
            let kind: Problem.Kind =
                switch error {
                case .notAnAddress, .length: .badRequest
                case .hostBits, .ipv4InIPv6: .contradiction
                }
            throw Problem(
                kind, "\(field): '\(text)' \(error)", remedy: "write an address or a prefix like 10.1.0.0/16",
                field: field)
        }
    }

    static func ipProtocol(_ text: String) throws(Problem) -> UInt8 {
        guard let number = ProtocolName.read(text), text == ProtocolName.write(number) || text == "\(number)" else {
            throw Problem(
                .badRequest, "protocol: '\(text)' is not a protocol",
                remedy: "write one of \(ProtocolName.known), or a number from 0 to 255", field: "protocol")
        }
        return number
    }

    static func word<Value>(_ text: String, _ field: String, _ words: [(String, Value)]) throws(Problem) -> Value {
        guard let found = words.first(where: { $0.0 == text }) else {
            throw Problem(
                .badRequest, "\(field): '\(text)' is not known",
                remedy: "write one of \(words.map(\.0).joined(separator: ", "))", field: field)
        }
        return found.1
    }
}

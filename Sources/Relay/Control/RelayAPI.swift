/// toxiproxy's HTTP API, and what Sluice adds: requests in, responses out (RELAY-1).
///
/// Paths, status codes and texts are those of Shopify's toxiproxy 2.12, so that its clients run unchanged.
package struct RelayAPI {
    private let control: any RelayControl
    private let version: String

    /// The version of toxiproxy whose API this is. Clients compare it.
    package static let compatibleVersion = "2.12.0"

    /// - Parameter version: of Sluice.
    package init(control: any RelayControl, version: String) {
        self.control = control
        self.version = version
    }

    /// The stream of events is not among these: the shell serves it.
    package static let eventsPath = "/sluice/v1/events"

    package func respond(_ request: RelayRequest) -> RelayResponse {
        guard let route = Route(request.segments) else { return .text("404 page not found", status: 404) }
        guard route.methods.contains(request.method) else {
            return RelayResponse(status: 405, contentType: nil, body: "")
        }
        guard !request.userAgent.hasPrefix("Mozilla/") else { return .text("User agent not allowed", status: 403) }
        do throws(RelayProblem) {
            return try respond(request, route)
        } catch {
            return .problem(error)
        }
    }

    private enum Route {
        case proxies, populate, reset, version, metrics, disruptions, events
        case proxy(String)
        case toxics(String)
        case toxic(String, of: String)

        init?(_ segments: [String]) {
            switch segments.count {
            case 1:
                switch segments[0] {
                case "proxies": self = .proxies
                case "populate": self = .populate
                case "reset": self = .reset
                case "version": self = .version
                case "metrics": self = .metrics
                default: return nil
                }
            case 2 where segments[0] == "proxies" && !segments[1].isEmpty: self = .proxy(segments[1])
            case 3 where segments == ["sluice", "v1", "disruptions"]: self = .disruptions
            case 3 where segments == ["sluice", "v1", "events"]: self = .events
            case 3 where segments[0] == "proxies" && segments[2] == "toxics": self = .toxics(segments[1])
            case 4 where segments[0] == "proxies" && segments[2] == "toxics" && !segments[3].isEmpty:
                self = .toxic(segments[3], of: segments[1])
            default: return nil
            }
        }

        var methods: [String] {
            switch self {
            case .proxies, .toxics: ["GET", "POST"]
            case .populate, .reset, .disruptions: ["POST"]
            case .version, .metrics, .events: ["GET"]
            case .proxy, .toxic: ["GET", "POST", "PATCH", "DELETE"]
            }
        }
    }

    private func respond(_ request: RelayRequest, _ route: Route) throws(RelayProblem) -> RelayResponse {
        switch route {
        case .version:
            return RelayResponse(
                status: 200, contentType: "application/json;charset=utf-8",
                body: "{\"version\": \"\(RelayAPI.compatibleVersion)\", \"sluice\": \"\(version)\"}\n")
        case .metrics:
            return RelayResponse(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: control.metrics)
        // The shell streams them, so this is not reached.
        case .events: return .noContent
        case .reset:
            try control.resetAll()
            return .noContent
        case .populate: return populate(request.body)
        case .disruptions: return try disrupt(request.body)
        case .proxies:
            return request.method == "GET" ? index() : try create(request.body)
        case .proxy(let name):
            let state = try proxy(name)
            switch request.method {
            case "GET": return .json(state.value)
            case "DELETE":
                try control.remove(name)
                return .noContent
            default:
                var changed = state.description
                try changed.read(try WireValue.body(request.body))
                changed.name = name
                return .json(try control.change(name, to: changed).value)
            }
        case .toxics(let name):
            let state = try proxy(name)
            guard request.method == "POST" else { return .json(.array(state.toxics.map(\.value))) }
            let toxic = try Toxic.read(
                request.body, number: control.nextToxicNumber(),
                isTaken: { name in state.toxics.contains { $0.name == name } },
                defaults: { kind in state.description.profile.defaults(of: kind) })
            return try add(toxic, to: name)
        case .toxic(let toxicName, let proxyName):
            let state = try proxy(proxyName)
            guard var toxic = state.toxics.first(where: { $0.name == toxicName }) else { throw .toxicNotFound }
            switch request.method {
            case "GET": break
            case "DELETE":
                try control.removeToxic(toxicName, of: proxyName)
                return .noContent
            default:
                try toxic.update(request.body)
                try control.changeToxic(toxic, of: proxyName)
            }
            return .json(toxic.value)
        }
    }

    private func proxy(_ name: String) throws(RelayProblem) -> ProxyState {
        guard let state = control.states[name] else { throw .proxyNotFound }
        return state
    }

    private func index() -> RelayResponse {
        let members = control.states.sorted { $0.key < $1.key }.map { WireMember(key: $0.key, value: $0.value.value) }
        return .json(.object(members))
    }

    private func create(_ body: [UInt8]) throws(RelayProblem) -> RelayResponse {
        var description = ProxyDescription()
        try description.read(try WireValue.body(body))
        guard !description.name.isEmpty else { throw .missing("name") }
        guard !description.upstream.isEmpty else { throw .missing("upstream") }
        return .json(try control.add(description).value, status: 201)
    }

    /// A disruption says how many connections were there for it.
    private func add(_ toxic: Toxic, to proxy: String) throws(RelayProblem) -> RelayResponse {
        let affected = try control.addToxic(toxic, to: proxy)
        guard toxic.kind.isDisruption, case .object(let members) = toxic.value else { return .json(toxic.value) }
        return .json(.object(members + [WireMember(key: "affected", value: .integer(affected))]))
    }

    /// On an error, the answer has what was made so far beside it.
    private func populate(_ body: [UInt8]) -> RelayResponse {
        var made: [ProxyState]?
        do throws(RelayProblem) {
            let proxies = try ProxyDescription.readList(body)
            made = []
            for proxy in proxies { made?.append(try Self.addOrReplace(proxy, control)) }
            // Go writes a list that nothing was appended to as null.
            let value = made.flatMap { $0.isEmpty ? nil : WireValue.array($0.map(\.value)) } ?? .null
            return .json(.members(["proxies": value]), status: 201)
        } catch {
            let value = made.flatMap { $0.isEmpty ? nil : WireValue.array($0.map(\.value)) } ?? .null
            return .json(
                .object(error.members + [WireMember(key: "proxies", value: value)]), status: error.status)
        }
    }

    /// A proxy that is there already with these addresses stays as it is, with its toxics.
    package static func addOrReplace(
        _ proxy: ProxyDescription, _ control: any RelayControl
    ) throws(RelayProblem) -> ProxyState {
        guard let existing = control.states[proxy.name] else { return try control.add(proxy) }
        let listen = (try? ListenAddress.resolve(proxy.listen).text) ?? proxy.listen
        let isSame =
            existing.description.upstream == proxy.upstream
            && [listen, proxy.listen].contains(existing.description.listen)
        guard !isSame else { return existing }
        try control.remove(proxy.name)
        return try control.add(proxy)
    }

    /// `POST /sluice/v1/disruptions {"proxy":"db","kind":"drain"}`: a toxic by another name, for clients that know only
    /// toxiproxy's types.
    private func disrupt(_ body: [UInt8]) throws(RelayProblem) -> RelayResponse {
        let value = try WireValue.body(body)
        var (proxyName, kindName) = ("", "")
        var attributes: [WireValue] = []
        try value.eachMember(ofType: "sluice.Disruption") { (key, value) throws(RelayProblem) in
            switch key {
            case "proxy": proxyName = try value.asString("Disruption.proxy")
            case "kind": kindName = try value.asString("Disruption.kind")
            case "attributes": attributes.append(value)
            default: throw .badBody("unknown key '\(key)': write proxy, kind and attributes")
            }
        }
        guard !proxyName.isEmpty else { throw .missing("proxy") }
        guard !kindName.isEmpty else { throw .missing("kind") }
        let state = try proxy(proxyName)
        guard let kind = ToxicKind(rawValue: kindName), kind.isDisruption || kind == .silent else {
            throw .badBody("kind must be reset_now, silent, drain, maintenance or recovery, not '\(kindName)'")
        }
        var toxic = Toxic(
            name: "\(kindName)_downstream", kind: kind, direction: .downstream, toxicity: 1,
            attributes: state.description.profile.defaults(of: kind), number: control.nextToxicNumber())
        guard !state.toxics.contains(where: { $0.name == toxic.name }) else { throw .toxicExists }
        for value in attributes { try toxic.attributes.read(value, of: kind) }
        let affected = try control.addToxic(toxic, to: proxyName)
        return .json(
            .members([
                "proxy": .string(proxyName), "kind": .string(kindName), "toxic": .string(toxic.name),
                "affected": .integer(affected),
            ]))
    }
}

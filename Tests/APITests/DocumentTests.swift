import FoundationEssentials
import Gateway
import Inspection
import Kernel
import Policy
import Testing

@testable import API

/// Compares the OpenAPI document `Sources/API/Page/openapi.json` with the server (API-4).
@Suite struct DocumentTests {
    /// JSON of any shape.
    private enum Value: Decodable {
        case object([String: Value])
        case list([Value])
        case text(String)
        case other

        init(from decoder: any Decoder) throws {
            if let object = try? [String: Value](from: decoder) {
                self = .object(object)
            } else if let list = try? [Value](from: decoder) {
                self = .list(list)
            } else if let text = try? String(from: decoder) {
                self = .text(text)
            } else {
                self = .other
            }
        }

        subscript(_ key: String) -> Value? { if case .object(let object) = self { object[key] } else { nil } }
        var keys: [String] { if case .object(let object) = self { object.keys.sorted() } else { [] } }
        var list: [Value] { if case .list(let list) = self { list } else { [] } }
        var text: String? { if case .text(let text) = self { text } else { nil } }

        /// All texts in it, each with its key.
        var references: [String] {
            switch self {
            case .object(let object):
                object.flatMap { key, value in key == "$ref" ? [value.text ?? ""] : value.references }
            case .list(let list): list.flatMap(\.references)
            case .text, .other: []
            }
        }
    }

    private func document() throws -> Value {
        let file = try #require(PageFile.all.first { $0.route == "/openapi.json" })
        return try JSONDecoder().decode(Value.self, from: Data(file.bytes))
    }

    private func routes() throws -> [Route] {
        let datapath = try Datapath.load(gateway: "document", capacitySessions: 1024, pinned: false)
        let service = Service(
            inspector: GatewayInspector(gateway: "document", datapath: datapath),
            history: HistoryLocation(gateway: "document", path: "/nonexistent"),
            client: GatewayClient(gateway: "document"),
            version: BinaryVersion(version: "0", commit: "0", layout: 0), limits: APISettings.Limits())
        return service.routes
    }

    @Test("API-4 every route is in the document, and everything in the document is a route")
    func bothWays() throws {
        let document = try document()
        #expect(document["openapi"]?.text == "3.1.0")
        let paths = try #require(document["paths"])
        let documented = Set(
            paths.keys.flatMap { path in (paths[path]?.keys ?? []).map { "\($0.uppercased()) \(path)" } })
        let files = Set(PageFile.all.map(\.route)).subtracting(["/openapi.json"])
        let there = Set(
            try routes().filter { !files.contains($0.template) }.map { "\($0.method.rawValue) \($0.template)" })
        #expect(documented == there, "\(documented.symmetricDifference(there).sorted())")
    }

    @Test("API-3 API-4 the document says which rights a route needs")
    func rights() throws {
        let paths = try #require(try document()["paths"])
        for route in try routes() {
            guard let operation = paths[route.template]?[route.method.rawValue.lowercased()] else { continue }
            let security = operation["security"]?.list ?? []
            let expected: Route.Right =
                security.isEmpty ? .none : security.contains { $0.keys.isEmpty } ? .read : .admin
            #expect(route.right == expected, "\(route.method) \(route.template)")
            #expect((operation["responses"]?["403"] != nil) == (route.right == .admin), "\(route.template)")
        }
    }

    @Test("API-4 the document lists every kind of event")
    func kinds() throws {
        let parameters = try #require(try document()["paths"]?["/v1/events"]?["get"]?["parameters"]).list
        let kinds = parameters.first { $0["name"]?.text == "kind" }?["schema"]?["items"]?["enum"]?.list ?? []
        #expect(kinds.compactMap(\.text) == EventKinds.all)
    }

    @Test("API-4 every reference in the document exists, and every definition is used")
    func references() throws {
        let document = try document()
        let components = try #require(document["components"])
        let known = Set(
            ["schemas", "responses"].flatMap { kind in
                (components[kind]?.keys ?? []).map { "#/components/\(kind)/\($0)" }
            })
        let used = Set(document.references)
        #expect(used.subtracting(known) == [])
        #expect(known.subtracting(used).filter { !$0.hasPrefix("#/components/responses/P5") } == [])
    }
}

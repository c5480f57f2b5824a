import FoundationEssentials
import HTTPTypes
import Policy
import TestSupport
import Testing

@testable import API
@testable import Gateway

/// The parsing and checking of requests, before they reach a route.
@Suite struct RequestTests {
    @Test(
        "API-3 a target is decoded once, and one without a path is refused",
        arguments: [
            ("/v1/sessions?source=10.1.0.0%2F16&state=a+b", "/v1/sessions"), ("/a%2Fb", "/a/b"), ("/%2e%2e/x", "/../x"),
        ])
    func target(text: String, path: String) throws {
        #expect(try Target(parsing: text).path == path)
    }

    @Test(
        "API-3 not a target",
        arguments: ["", "http://x/", "*", "/%", "/%zz", "/%00", "/%ff", "/a b", "/\u{7f}", "/?x=%C3"])
    func noTarget(text: String) {
        let problem = #expect(throws: Problem.self) { try Target(parsing: text) }
        #expect(problem?.kind == .badRequest)
    }

    @Test("API-2 parameters must be known and given once, and numbers must be digits")
    func query() throws {
        let parameters = try Target(parsing: "/x?limit=5&kind=a&kind=b").query
        let query = try Query(parameters, known: ["limit", "kind"], repeated: ["kind"])
        #expect(try query.number("limit", 1...10) == 5)
        #expect(query.texts("kind") == ["a", "b"])
        #expect(throws: Problem.self) { try Query(parameters, known: ["limit", "kind"]) }
        let unknown = #expect(throws: Problem.self) { try Query(parameters, known: ["limits"]) }
        #expect(unknown?.field == "limit" && unknown?.detail.contains("did you mean limits") == true)
        for text in ["+5", "5x", "", "11", "99999999999999999999"] {
            let query = try Query([.init(name: "limit", value: text)], known: ["limit"])
            let problem = #expect(throws: Problem.self) { try query.number("limit", 1...10) }
            #expect(problem?.field == "limit")
        }
    }

    @Test("API-2 a body must be an object of known keys with the right types")
    func object() throws {
        let object = try Call.Object(parsing: Array(#"{"a":1,"b":"x","c":true,"d":1.5,"e":null,"f":[1],"g":{}}"#.utf8))
        #expect(try object.integer("a", 0...3) == 1)
        #expect(try object.text("b") == "x")
        #expect(try object.boolean("c") == true)
        #expect(throws: Problem.self) { try object.integer("a", 2...3) }
        for key in ["b", "c", "d", "e", "f", "g"] {
            #expect(throws: Problem.self, "\(key)") { try object.integer(key, 0...9) }
        }
        #expect(throws: Problem.self) { try object.text("a") }
        #expect(throws: Problem.self) { try object.check(known: ["a"]) }
        for text in ["[]", "1", "{", "nonsense", "{\"a\":1}x", "\u{FEFF}"] {
            #expect(throws: Problem.self, "\(text)") { try Call.Object(parsing: Array(text.utf8)) }
        }
    }

    private let table = RouteTable(routes: [
        Route(.get, "/v1/sessions", .read) { _ throws(Problem) in .text("") },
        Route(.get, "/v1/sessions/{id}", .read) { _ throws(Problem) in .text("") },
        Route(.post, "/v1/sessions/{id}:reset", .admin) { _ throws(Problem) in .text("") },
        Route(.post, "/v1/sessions:reset", .admin) { _ throws(Problem) in .text("") },
    ])

    @Test("API-4 a path finds its route, and its parameters")
    func routes() throws {
        #expect(try table.find(.get, "/v1/sessions/1a-2").1 == ["id": "1a-2"])
        #expect(try table.find(.post, "/v1/sessions/1a-2:reset").0.template == "/v1/sessions/{id}:reset")
        #expect(try table.find(.post, "/v1/sessions:reset").0.template == "/v1/sessions:reset")
        #expect(try table.find(.head, "/v1/sessions").0.template == "/v1/sessions")
    }

    @Test(
        "API-5 path tricks lead nowhere",
        arguments: [
            "/v1/sessions/", "//v1/sessions", "/v1//sessions", "/v1/./sessions", "/v1/x/../sessions", "/../etc/passwd",
            "/v1/sessions/1-1/", "/v1/sessions/1-1/x", "/V1/sessions", "/v1/sessions/:reset", "/assets/../openapi.json",
        ])
    func tricks(path: String) {
        let problem = #expect(throws: Problem.self) { try table.find(.get, path) }
        #expect(problem?.kind == .notFound || problem?.kind == .methodNotAllowed)
    }

    @Test("API-3 an unsupported method is refused with the supported ones")
    func method() {
        let problem = #expect(throws: Problem.self) { try table.find(.delete, "/v1/sessions/1-1") }
        #expect(problem?.kind == .methodNotAllowed)
        #expect(problem?.allowed == ["GET", "HEAD"])
    }

    @Test("API-3 only requests to names of this server are answered: DNS rebinding")
    func hosts() throws {
        let loopback = HostCheck(settings: APISettings(address: try #require(NetworkAddress("127.0.0.1"))))
        for host in ["127.0.0.1:8686", "127.0.0.1", "localhost:8686", "LOCALHOST"] {
            #expect(throws: Never.self, "\(host)") { try loopback.check(host) }
        }
        for host in [
            "evil.example:8686", "127.0.0.1:80", "localhost.evil.example", "[::1]:8686", "", "127.0.0.1:x", ":8686",
        ] {
            let problem = #expect(throws: Problem.self, "\(host)") { try loopback.check(host) }
            #expect(problem?.kind == .misdirected)
        }
        #expect(throws: Problem.self) { try loopback.check(nil) }
        let six = HostCheck(settings: APISettings(address: try #require(NetworkAddress("::1"))))
        #expect(throws: Never.self) { try six.check("[::1]:8686") }
        #expect(throws: Problem.self) { try six.check("::1") }
        let any = HostCheck(settings: APISettings(address: try #require(NetworkAddress("0.0.0.0"))))
        #expect(throws: Never.self) { try any.check("192.0.2.7:8686") }
        #expect(throws: Problem.self) { try any.check("evil.example:8686") }
    }

    private let tokens = APITokens(
        read: String(repeating: "r", count: 64), admin: String(repeating: "a", count: 64))

    @Test("API-3 reading on loopback needs no token; a change, and a request from another machine, needs one")
    func rights() throws {
        let loopback = Authorization(tokens: tokens, isReadingOpen: true)
        let beyond = Authorization(tokens: tokens, isReadingOpen: false)
        let reader = try loopback.identity("Bearer \(tokens.read)")
        let admin = try loopback.identity("bearer \(tokens.admin)")
        #expect(reader == .reader && admin == .admin)
        #expect(throws: Never.self) { try loopback.check(.read, .nobody) }
        #expect(throws: Never.self) { try beyond.check(.read, reader) }
        #expect(throws: Never.self) { try beyond.check(.admin, admin) }
        #expect(throws: Never.self) { try beyond.check(.none, .nobody) }
        func kind(_ body: () throws -> Void) -> Problem.Kind? {
            do { try body() } catch { return (error as? Problem)?.kind }
            return nil
        }
        #expect(kind { try beyond.check(.read, .nobody) } == .unauthorized)
        #expect(kind { try loopback.check(.admin, .nobody) } == .unauthorized)
        #expect(kind { try loopback.check(.admin, reader) } == .forbidden)
        for header in [
            "", "Bearer", "Bearer ", "Basic \(tokens.admin)", "Bearer \(tokens.admin)x",
            "Bearer \(tokens.admin.dropLast())",
        ] {
            #expect(kind { _ = try loopback.identity(header) } == .unauthorized, "\(header)")
        }
    }

    @Test("API-3 secrets are compared completely, in constant time")
    func comparison() {
        #expect(APITokens.areEqual("abc", "abc"))
        #expect(!APITokens.areEqual("abc", "abd"))
        #expect(!APITokens.areEqual("abc", "ab"))
        #expect(!APITokens.areEqual("", "a"))
    }

    @Test("API-5 a limit of requests per second, twice as many in a burst; other clients are not affected")
    func rate() {
        let rate = RequestRate(perSecond: 10)
        let second: UInt64 = 1_000_000_000
        for _ in 0..<20 { #expect(rate.take("a", now: second) == nil) }
        #expect(rate.take("a", now: second) == 1)
        #expect(rate.take("b", now: second) == nil)
        for _ in 0..<10 { #expect(rate.take("a", now: 2 * second) == nil) }
        #expect(rate.take("a", now: 2 * second) != nil)
        for number in 0..<20_000 { _ = rate.take("\(number)", now: 3 * second) }
        #expect(rate.take("a", now: 60 * second) == nil)
    }

    @Test("API-3 a problem is an RFC 9457 document, with the command line's message")
    func problem() throws {
        var problem = Problem(.conflict, "instance 3 is draining", remedy: "wait", field: "n")
        problem.retryAfterSeconds = 2
        let answer = Answer(problem)
        #expect(answer.status == 409)
        #expect(answer.headers[.contentType] == "application/problem+json")
        #expect(answer.headers[.retryAfter] == "2")
        struct Document: Decodable, Equatable {
            let type, title: String
            let status: Int
            let detail, remedy, field: String
        }
        let document = try JSONDecoder().decode(Document.self, from: Data(problem.body))
        #expect(document.type == "urn:sluice:problem:conflict" && document.status == 409)
        #expect(document.detail == "instance 3 is draining" && document.remedy == "wait" && document.field == "n")
    }
}

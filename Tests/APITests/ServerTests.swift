import Glibc
import HTTPTypes
import NIOCore
import Policy
import Testing

@testable import API

/// The server and hostile clients (API-5). Each costs only its own connection; other clients are answered meanwhile.
@Suite(.serialized) struct ServerTests {
    private static let routes = [
        Route(.get, "/plain", .read) { _ throws(Problem) in .text("plain\n") },
        Route(.get, "/large", .read) { _ throws(Problem) in
            Answer(type: "text/plain", [UInt8](repeating: 0x61, count: 64 << 20))
        },
        Route(.post, "/echo", .read) { call throws(Problem) in Answer(type: Answer.jsonType, call.body) },
        Route(.post, "/change", .admin) { _ throws(Problem) in .text("changed\n") },
    ]

    private func server(_ change: (inout APISettings.Limits) -> Void = { _ in }) throws -> TestServer {
        var limits = APISettings.Limits()
        limits.requestsPerSecond = 10_000
        limits.clientNanoseconds = 2_000_000_000
        change(&limits)
        return try TestServer(limits: limits, routes: Self.routes)
    }

    /// A well-behaved client.
    private func expectService(_ server: TestServer) {
        let answer = server.exchange(server.head("GET /plain"))
        #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.hasSuffix("\r\n\r\nplain\n"), "\(answer)")
    }

    @Test("API-3 an answer restricts what browsers may do with it, and allows no other origins")
    func headers() throws {
        let server = try server()
        let answer = server.exchange(server.head("GET /plain", "Origin: http://evil.example")).lowercased()
        for line in [
            "x-content-type-options: nosniff", "cache-control: no-store", "content-security-policy: default-src 'none'",
            "cross-origin-resource-policy: same-origin", "referrer-policy: no-referrer",
        ] { #expect(answer.contains(line), "\(line) is not in \(answer)") }
        #expect(!answer.contains("access-control-allow"))
        expectService(server)
    }

    @Test("API-5 a body is read up to the limit, and not a byte more, whatever length is announced")
    func largeBody() throws {
        let server = try server { $0.requestBytes = 2048 }
        let type = "Content-Type: application/json"
        let body = "{\"a\":\"" + String(repeating: "x", count: 2000) + "\"}"
        let fits = server.exchange(server.head("POST /echo", type, "Content-Length: \(body.utf8.count)") + body)
        #expect(fits.hasPrefix("HTTP/1.1 200") && fits.hasSuffix(body))

        let announced = server.connect()
        announced.send(server.head("POST /echo", type, "Content-Length: 1073741824"))
        let refused = announced.receive()
        #expect(refused.hasPrefix("HTTP/1.1 413"), "\(refused)")
        #expect(refused.contains("application/problem+json") && refused.contains("api.limits.requestBytes"))
        #expect(announced.isClosed(within: 10_000))

        let chunked = server.connect()
        chunked.send(server.head("POST /echo", type, "Transfer-Encoding: chunked"))
        let chunk = String(1024, radix: 16) + "\r\n" + String(repeating: "x", count: 1024) + "\r\n"
        for _ in 0..<4 { chunked.send(chunk) }
        #expect(chunked.receive().hasPrefix("HTTP/1.1 413"))
        #expect(chunked.isClosed(within: 10_000))
        expectService(server)
    }

    @Test("API-5 a client that sends its request slowly, or not at all, is disconnected")
    func slowRequests() throws {
        let server = try server()
        let silent = server.connect()
        let slow = server.connect()
        slow.send("GET /plain HTTP/1.1\r\nHost: 127.")
        let halfBody = server.connect()
        halfBody.send(server.head("POST /echo", "Content-Type: application/json", "Content-Length: 100") + "{")
        // It keeps sending a byte now and then.
        let drip = server.connect()
        drip.send("GET /plain HTTP/1.1\r\nX: ")
        var dripped = 0
        while dripped < 200, drip.send("y") {
            usleep(50_000)
            dripped += 1
        }
        #expect(dripped < 200)
        for client in [silent, slow, halfBody] { #expect(client.isClosed(within: 10_000)) }
        expectService(server)
    }

    @Test("API-5 a client that does not receive its answer is disconnected")
    func slowReader() throws {
        let server = try server()
        let client = server.connect()
        client.send(server.head("GET /large"))
        usleep(5_000_000)
        // Only what fits into the sockets' buffers arrives.
        let received = client.receive(patienceMilliseconds: 1000) { _ in false }
        #expect(received.utf8.count < 64 << 20)
        expectService(server)
    }

    @Test("API-5 a connection that is used repeatedly stays open")
    func keepAlive() throws {
        let server = try server()
        let client = server.connect()
        for _ in 0..<6 {
            client.send(server.head("GET /plain"))
            #expect(client.receive().hasSuffix("plain\n"))
            usleep(400_000)
        }
    }

    @Test("API-5 many idle connections make room for one with a request")
    func manyConnections() throws {
        let server = try server {
            $0.connections = 32
            $0.clientNanoseconds = 60_000_000_000
        }
        let idle = (0..<200).map { _ in server.connect() }
        for _ in 0..<20 { expectService(server) }
        withExtendedLifetime(idle) {}
    }

    @Test("API-5 a flood of header fields is refused")
    func headerFlood() throws {
        let server = try server()
        let many = server.connect()
        many.send("GET /plain HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n")
        for number in 0..<4000 where !many.send("X-\(number): y\r\n") { break }
        many.send("\r\n")
        let said = many.receive()
        #expect(!said.hasPrefix("HTTP/1.1 200"), "\(said)")
        #expect(many.isClosed(within: 10_000))

        let long = server.connect()
        long.send("GET /plain HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nX: ")
        for _ in 0..<64 where !long.send(String(repeating: "y", count: 1024)) { break }
        #expect(long.isClosed(within: 10_000))
        expectService(server)
    }

    @Test("API-3 a request for another host is not answered")
    func otherHost() throws {
        let server = try server()
        for host in ["evil.example", "evil.example:\(server.port)", "127.0.0.1:1"] {
            let answer = server.exchange("GET /plain HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 421"), "\(answer)")
        }
        expectService(server)
    }

    @Test("API-3 a change needs the admin token, and a wrong token is refused for every request")
    func tokens() throws {
        let server = try server()
        #expect(server.exchange(server.head("POST /change")).hasPrefix("HTTP/1.1 401"))
        let reader = server.exchange(server.head("POST /change", "Authorization: Bearer \(server.tokens.read)"))
        #expect(reader.hasPrefix("HTTP/1.1 403"))
        let admin = server.exchange(server.head("POST /change", "Authorization: Bearer \(server.tokens.admin)"))
        #expect(admin.hasPrefix("HTTP/1.1 200"))
        let wrong = server.exchange(server.head("GET /plain", "Authorization: Bearer wrong"))
        #expect(wrong.hasPrefix("HTTP/1.1 401") && wrong.lowercased().contains("www-authenticate: bearer"))
        expectService(server)
    }

    @Test("API-5 more requests per second than the limit are refused, with the time to wait")
    func rate() throws {
        let server = try server { $0.requestsPerSecond = 5 }
        var refused = ""
        for _ in 0..<30 where refused.isEmpty {
            let answer = server.exchange(server.head("GET /plain"))
            if answer.hasPrefix("HTTP/1.1 429") { refused = answer.lowercased() }
        }
        #expect(refused.contains("retry-after: "), "\(refused)")
        usleep(1_200_000)
        expectService(server)
    }

    @Test("API-4 HEAD answers like GET without the body; an unsupported method is refused with the supported ones")
    func methods() throws {
        let server = try server()
        let head = server.exchange(server.head("HEAD /plain", "Connection: close"))
        #expect(head.hasPrefix("HTTP/1.1 200") && head.hasSuffix("\r\n\r\n"))
        #expect(head.lowercased().contains("content-length: 6"))
        let other = server.exchange(server.head("DELETE /plain")).lowercased()
        #expect(other.hasPrefix("http/1.1 405") && other.contains("allow: get, head"))
        #expect(server.exchange(server.head("GET /none")).hasPrefix("HTTP/1.1 404"))
    }

    @Test("API-4 a body of another type is refused")
    func mediaType() throws {
        let server = try server()
        let answer = server.exchange(
            server.head("POST /echo", "Content-Type: text/plain", "Content-Length: 2") + "{}")
        #expect(answer.hasPrefix("HTTP/1.1 415"), "\(answer)")
    }
}

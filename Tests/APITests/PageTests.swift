import HTTPTypes
import Testing

@testable import API

/// The files that are embedded in the binary.
@Suite struct PageTests {
    @Test("WEB-1 the page and its files exist, each with its type, and the page loads nothing from elsewhere")
    func files() throws {
        let types = Dictionary(uniqueKeysWithValues: PageFile.all.map { ($0.route, $0.type) })
        #expect(types["/"] == "text/html; charset=utf-8")
        #expect(types["/openapi.json"] == "application/json")
        for (route, type) in types where route.hasPrefix("/assets/") {
            #expect(type != "application/octet-stream", "\(route): add its type to PageFile")
        }
        let page = try #require(PageFile.all.first { $0.route == "/" })
        let text = String(decoding: page.bytes, as: UTF8.self)
        #expect(!text.contains("http://") && !text.contains("https://") && !text.contains("//cdn"))
        // Content that the policy would block.
        #expect(!text.contains("style=") && !text.contains("onclick=") && !text.contains("<style"))
        for part in text.split(separator: "\"") where part.hasPrefix("/assets/") {
            #expect(types[String(part)] != nil, "\(part) is not embedded")
        }
    }

    @Test("WEB-1 a strict Content-Security-Policy, and an ETag that avoids a second transfer")
    func answers() throws {
        let page = try #require(PageFile.all.first { $0.route == "/" })
        let first = page.answer(Call())
        let policy = try #require(first.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'self'; ") && !policy.contains("unsafe"))
        #expect(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"))
        let tag = try #require(first.headers[.eTag])
        for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            var call = Call()
            call.headers[.ifNoneMatch] = known
            let again = page.answer(call)
            #expect(again.status == 304, "\(known)")
            guard case .bytes(let bytes) = again.content else { continue }
            #expect(bytes.isEmpty)
        }
        var other = Call()
        other.headers[.ifNoneMatch] = "\"x\""
        #expect(page.answer(other).status == 200)
        #expect(Set(PageFile.all.map(\.tag)).count == PageFile.all.count)
    }
}

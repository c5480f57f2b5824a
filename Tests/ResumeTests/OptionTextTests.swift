import Logging
import Testing

@testable import Resume

/// Addresses, times and sizes on the command line, and lines of the log.
@Suite struct OptionTextTests {
    @Test(
        "RESUME-2 addresses of other machines",
        arguments: [
            ("db:5432", "db", 5432), ("10.9.0.4:22", "10.9.0.4", 22), ("[2001:DB8::1]:443", "2001:db8::1", 443),
            ("[::ffff:10.9.0.4]:22", "10.9.0.4", 22), ("_x.corp.:65535", "_x.corp.", 65535),
        ])
    func addresses(text: String, host: String, port: UInt16) throws {
        #expect(try HostPort.parse(text) == HostPort(host: host, port: port))
    }

    @Test(
        "RESUME-2 what is no address is refused with a right one",
        arguments: [
            ("", "like db:5432"), ("db", "like db:5432"), (":22", "like db:22"), ("db:", "a number up to 65535"),
            ("db:0", "1 to 65535"), ("db:+1", "a number"), ("db:65536", "up to 65535"),
            ("2001:db8::1", "like [2001:db8::1]:5432"),
            ("2001:db8::1:22", "brackets"), ("2001:db8::1:65536", "number up to"), ("[db]:22", "only an IPv6 address"),
            ("[10.0.0.1]:22", "only an IPv6 address"),
            ("a b:22", "not a host's name"), ("a\n:22", "not a host's name"), ("ä:22", "not a host's name"),
            (String(repeating: "a", count: 256) + ":22", "longer than 255 bytes"),
        ])
    func noAddresses(text: String, why: String) {
        do {
            Issue.record("\(text) was read as \(try HostPort.parse(text))")
        } catch {
            #expect(error.message.contains(why), "\(error)")
        }
    }

    @Test("RESUME-2 a listener may have no host and any port")
    func listeners() throws {
        #expect(try HostPort.parseListener(":7443") == HostPort(host: "", port: 7443))
        #expect(try HostPort.parseListener("*:0") == HostPort(host: "", port: 0))
        #expect(try HostPort.parseListener("[::1]:0").description == "[::1]:0")
        let forwarding = try PortForwarding.parse("5432=db:5433")
        #expect(forwarding.listener.description == "127.0.0.1:5432" && forwarding.target.description == "db:5433")
        #expect(try PortForwarding.parse(":5432=[::1]:1").listener == HostPort(host: "", port: 5432))
        for text in ["5432", "5432=", "=db:1", "5432=db", "x=db:1", "99999=db:1"] {
            #expect(throws: ResumeProblem.self, "\(text)") { try PortForwarding.parse(text) }
        }
    }

    @Test("RESUME-2 times and sizes")
    func quantities() throws {
        #expect(try Quantity.time("500ms") == .milliseconds(500))
        #expect(try Quantity.time("5m") == .seconds(300))
        #expect(try Quantity.time("1h") == .seconds(3600))
        #expect(try Quantity.bytes("64K") == 65_536)
        #expect(try Quantity.bytes("1G") == 1 << 30)
        #expect(try Quantity.bytes("0") == 0)
        for text in ["", "5", "-5s", "5 s", "s", "1.5s", "5S", "9223372036854775807h", "99999999999999999999s"] {
            #expect(throws: ResumeProblem.self, "\(text)") { try Quantity.time(text) }
        }
        for text in ["", "x", "-1", "1k", "1.5M", "9223372036854775807G"] {
            #expect(throws: ResumeProblem.self, "\(text)") { try Quantity.bytes(text) }
        }
        #expect(Quantity.text(bytes: 2 << 20) == "2 MiB" && Quantity.text(bytes: 1500) == "1500 bytes")
    }

    @Test("RESUME-2 a token is named after its file, or by its own name")
    func tokenNames() throws {
        #expect(try TokenFile.named("/etc/x/berlin.token") == ("berlin.token", "/etc/x/berlin.token"))
        #expect(try TokenFile.named("berlin=/etc/x=y") == ("berlin", "/etc/x=y"))
        for text in ["", "=x", "a=", "a b=x"] {
            #expect(throws: ResumeProblem.self, "\(text)") { try TokenFile.named(text) }
        }
    }

    @Test("RESUME-2 a token is 32 random bytes as base64url, decoded here by arithmetic")
    func newTokens() {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let tokens = (0..<500).map { _ in TokenFile.new() }
        #expect(Set(tokens).count == 500)
        var ones = 0
        for token in tokens {
            #expect(token.count == 43)
            let values = token.compactMap { digits.firstIndex(of: $0) }
            #expect(values.count == 43)
            // 258 bits, the last two of them unused.
            #expect((values.last ?? 1) % 4 == 0)
            ones += values.reduce(0) { $0 + $1.nonzeroBitCount }
        }
        // Half of 256 bits in 500 tokens, give or take six standard deviations.
        #expect(abs(ones - 64_000) < 6 * 179)
    }

    @Test("RESUME-2 an event is one line, whatever another machine sends")
    func lines() {
        let metadata: Logger.Metadata = [
            "b": "2", "a": "x y", "c": "1\n2\u{1B}[31m", "d": "say \"hi\" \\", "e": "", "f": "k=v",
        ]
        #expect(
            LineLog.line("stream\nbegan", metadata)
                == #"stream?began a="x y" b=2 c="1?2?[31m" d="say \"hi\" \\" e="" f="k=v""#)
    }

    @Test("RESUME-2 times in the log are those of the calendar")
    func wallTime() {
        #expect(LogTime.text(1_582_934_400) == "2020-02-29T00:00:00Z")
        #expect(LogTime.text(.init(tv_sec: 1_582_934_400, tv_nsec: 7_000_000)) == "2020-02-29T00:00:00.007Z")
    }
}

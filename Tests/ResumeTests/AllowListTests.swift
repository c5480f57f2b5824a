import Testing

@testable import Resume

/// Rules about targets.
@Suite struct AllowListTests {
    private func list(_ text: String) throws -> AllowList { AllowList(try AllowRule.parseList(text)) }

    private func judge(_ rules: String, _ target: String) throws -> AllowList.Judgement {
        try list(rules).judge(try HostPort.parse(target))
    }

    @Test(
        "RESUME-2 a rule is read in each of its forms, and written in one",
        arguments: [
            ("db:5432", "db:5432"), ("DB.Corp.:22", "db.corp:22"), ("10.9.0.4:1-65535", "10.9.0.4:1-65535"),
            ("10.9.0.0/24:3200-3299", "10.9.0.0/24:3200-3299"), ("0.0.0.0/0:22", "0.0.0.0/0:22"),
            ("[2001:db8::1]:22", "[2001:db8::1]:22"), ("[2001:db8::]/32:443", "[2001:db8::]/32:443"),
            ("[2001:db8::/32]:443", "[2001:db8::]/32:443"), ("[::]/0:1", "[::]/0:1"),
            ("[::ffff:10.0.0.1]:1", "10.0.0.1:1"), ("_sap.corp:3299", "_sap.corp:3299"),
        ])
    func forms(text: String, written: String) throws {
        #expect(try AllowRule.parse(text).description == written)
        #expect(try AllowRule.parse(written) == AllowRule.parse(text))
    }

    @Test(
        "RESUME-2 a rule that can't be meant is refused with a right one",
        arguments: [
            ("", "no port"), ("db", "no port"), ("db:", "not a port"), ("db:x", "'x' is not a port"),
            ("db:0", "not a port"),
            ("db:65536", "not a port"), ("db:1-2-3", "not a port"), ("db:-2", "not a port"), ("db:9-2", "write 2-9"),
            (":22", "no host"), ("*:22", "permits that name only"), ("*.corp:22", "permits that name only"),
            ("a b:22", "not a name"), ("10.9.0.5/24:1", "write 10.9.0.0/24 for the network, or 10.9.0.5 for the host"),
            ("10.9.0.0/33:1", "0 to 32"), ("10.9.0.0/-1:1", "0 to 32"), ("10.9.0.0/:1", "0 to 32"),
            ("10.9.0/24:1", "not an address"),
            ("db/24:1", "not an address"), ("[db]:1", "not an address"), ("2001:db8::1:22", "in brackets"),
            ("[2001:db8::1]/32:1", "write 2001:db8::/32"), ("[2001:db8::]/129:1", "0 to 128"),
        ])
    func mistakes(text: String, why: String) {
        do {
            Issue.record("\(text) was read as \(try AllowRule.parse(text))")
        } catch {
            #expect(error.message.contains(why), "\(error)")
        }
    }

    @Test("RESUME-2 without a rule everything is denied")
    func empty() throws {
        #expect(AllowList([]).judge(try HostPort.parse("db:1")) == .denied)
        #expect(try judge("db:5432", "db:5433") == .denied)
        #expect(try judge("10.9.0.0/24:22", "db:23") == .denied, "another port is not worth a look-up")
    }

    @Test("RESUME-2 a name permits that name only; another name depends on its addresses")
    func names() throws {
        let rules = try AllowRule.parseList("db:5432,10.9.0.0/24:3200-3299")
        let list = AllowList(rules)
        #expect(list.judge(try .parse("DB.:5432")) == .permitted(rules[0]))
        #expect(list.judge(try .parse("db.corp:5432")) == .denied)
        #expect(list.judge(try .parse("sap:3200")) == .byAddress)
        // A name that looks like a number is a name: getaddrinfo(3) makes an address of it, which is judged then.
        #expect(list.judge(try .parse("0x0a090001:3200")) == .byAddress)
        #expect(list.judge(try .parse("10.9.0.7:3299")) == .permitted(rules[1]))
        #expect(list.judge(try .parse("10.9.1.7:3299")) == .denied)
    }

    /// The networks by arithmetic with whole numbers, which shares no code with the masks by bytes.
    @Test("RESUME-2 an address is in a network if the first bits are equal: 20,000 random ones")
    func networks() throws {
        func number(_ address: IPAddress) -> UInt128 { address.bytes.reduce(0) { $0 << 8 | UInt128($1) } }
        var generator = SystemRandomNumberGenerator()
        var inside = 0
        for _ in 0..<20_000 {
            let isIPv6 = Bool.random(using: &generator)
            let bits = isIPv6 ? 128 : 32
            let length = Int.random(in: 0...bits, using: &generator)
            // The first byte differs from 0, so that no IPv6 address is an IPv4 one.
            func text(_ number: UInt128) -> String {
                isIPv6
                    ? (0..<8).map { String(UInt16(truncatingIfNeeded: number >> (112 - 16 * $0)), radix: 16) }.joined(
                        separator: ":")
                    : (0..<4).map { String(UInt8(truncatingIfNeeded: number >> (24 - 8 * $0))) }.joined(separator: ".")
            }
            let most: UInt128 = isIPv6 ? .max : 0xFFFF_FFFF
            let top: UInt128 = 1 << (bits - 1)
            let drawn = (UInt128.random(in: 0...most) | top) >> (bits - length)
            let network = length == 0 ? 0 : drawn << (bits - length)
            var other = UInt128.random(in: 0...most) | top
            if length > 0, Bool.random() { other = network | (length == bits ? 0 : other & (most >> length)) }
            let prefix = try IPPrefix.parse("\(text(network))/\(length)")
            let address = try #require(IPAddress(text(other)))
            #expect(number(address) == other)
            let expected = length == 0 || other >> (bits - length) == network >> (bits - length)
            inside += expected ? 1 : 0
            #expect(prefix.contains(address) == expected, "\(prefix) \(address)")
            #expect(!prefix.contains(try #require(IPAddress(isIPv6 ? "192.0.2.1" : "2001:db8::1"))))
        }
        #expect(inside > 1000)
    }

    @Test("RESUME-2 an IPv4 address inside IPv6 is the IPv4 address; the unspecified address is nobody's")
    func disguises() throws {
        let mapped = try #require(IPAddress("::ffff:10.9.0.1"))
        #expect(mapped == IPAddress("10.9.0.1") && !mapped.isIPv6)
        let list = try list("0.0.0.0/0:1-65535,[::]/0:1-65535")
        for text in ["0.0.0.0", "::", "::ffff:0.0.0.0"] {
            let address = try #require(IPAddress(text))
            #expect(list.rule(for: address, port: 22) == nil, "\(text)")
        }
        #expect(try judge("0.0.0.0/0:22", "[::ffff:0.0.0.0]:22") == .denied)
        #expect(IPAddress("fe80::1%lo") == nil && IPAddress("10.9.1") == nil && IPAddress("") == nil)
    }

    @Test("RESUME-2 the server's own address is recognised, whichever of its names is used")
    func own() throws {
        let wild = OwnAddresses(
            listener: HostPort(host: "::", port: 7443), interfaces: [try #require(IPAddress("192.0.2.5"))])
        for (text, isOwn) in [("192.0.2.5", true), ("127.9.9.9", true), ("::1", true), ("192.0.2.6", false)] {
            #expect(wild.contains(try #require(IPAddress(text)), port: 7443) == isOwn, "\(text)")
            #expect(!wild.contains(try #require(IPAddress(text)), port: 7444))
        }
        let one = OwnAddresses(listener: HostPort(host: "192.0.2.5", port: 7443), interfaces: [])
        #expect(one.contains(try #require(IPAddress("192.0.2.5")), port: 7443))
        #expect(!one.contains(try #require(IPAddress("127.0.0.1")), port: 7443))
    }
}

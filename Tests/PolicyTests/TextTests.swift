import Testing

@testable import Policy

@Suite("Durations, prefixes and ports as text")
struct TextTests {
    @Test("PROF-1 durations are read and written in the same format")
    func durations() {
        let texts: [(String, UInt64)] = [
            ("90s", 90_000_000_000), ("4m", 240_000_000_000), ("2h", 7_200_000_000_000), ("7d", 604_800_000_000_000),
            ("1m30s", 90_000_000_000), ("500ms", 500_000_000), ("0s", 0), ("1d2h3m4s5ms", 93_784_005_000_000),
        ]
        for (text, nanoseconds) in texts {
            #expect(DurationText.parse(text) == nanoseconds)
            #expect(DurationText.parse(DurationText.format(nanoseconds: nanoseconds)) == nanoseconds)
        }
        #expect(DurationText.format(nanoseconds: 90_000_000_000) == "1m30s")
        for text in [
            "", "4", "m", "4 m", "-4m", "4m4m", "30s1m", "4M", "4min", "1.5h", "99999999999999999999s", "999999999999d",
        ] {
            #expect(DurationText.parse(text) == nil, "\(text)")
        }
    }

    @Test("NSG-9 prefixes: invalid ones are refused with what to write")
    func prefixes() throws {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/32", "10.1.2.3/32", "fe80::/10"] {
            #expect(try AddressPrefix(parsing: text).description == text)
        }
        #expect(try AddressPrefix(parsing: "10.1.2.3").length == 32)
        #expect(try AddressPrefix(parsing: "10.0.0.0/8").last.description == "10.255.255.255")
        #expect(
            try AddressPrefix(parsing: "2001:db8::/33").last.description == "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff")
        #expect(try AddressPrefix(parsing: "::/0").last.value == UInt128.max)
        func mistake(_ text: String) -> AddressPrefix.Mistake? {
            #expect(throws: AddressPrefix.Mistake.self, "\(text)") { try AddressPrefix(parsing: text) }
        }
        #expect(mistake("10.0.0.1/8") == .hostBits(prefix: "10.0.0.0/8", single: "10.0.0.1/32"))
        #expect(mistake("2001:db8::1/32") == .hostBits(prefix: "2001:db8::/32", single: "2001:db8::1/128"))
        #expect(mistake("10.0.0.0/33") == .length(maximum: 32))
        #expect(mistake("10.0.0.0/") == .length(maximum: 32))
        #expect(mistake("10.0.0.0/+8") == .length(maximum: 32))
        #expect(mistake("::/129") == .length(maximum: 128))
        #expect(mistake("::ffff:10.0.0.1") == .ipv4InIPv6("10.0.0.1"))
        for text in ["", "10.0.0", "10.0.0.256", "internet", "fe80::1%eth0", "10.0.0.1-10.0.0.9", "010.0.0.1"] {
            #expect(mistake(text) == .notAnAddress, "\(text)")
        }
    }

    @Test("NSG-9 port ranges: reversed and impossible ones are refused")
    func ports() throws {
        #expect(try PortRange(parsing: "443") == PortRange(443...443))
        #expect(try PortRange(parsing: "8000-8099") == PortRange(8000...8099))
        #expect(try PortRange(parsing: "0 - 65535") == PortRange(0...65535))
        #expect(throws: PortRange.Mistake.reversed(lower: 9, upper: 8)) { try PortRange(parsing: "9-8") }
        for text in ["", "-", "80-", "-80", "65536", "http", "80-90-100", "+80", "8 0"] {
            #expect(throws: PortRange.Mistake.notAPort, "\(text)") { try PortRange(parsing: text) }
        }
    }
}

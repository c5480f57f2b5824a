import Testing

@testable import Relay

@Suite("The control API's JSON")
struct WireTests {
    private func read(_ text: String) throws -> WireValue { try WireReader.read(Array(text.utf8)) }

    @Test("RELAY-1 values are read and written as Go does")
    func values() throws {
        #expect(
            try read(#" {"a":[1,-2.5e3,true,null,"x\u00e9\n\ud83d\ude00"]} rest"#).text
                == #"{"a":[1,-2.5e3,true,null,"xé\n😀"]}"#)
        #expect(WireValue.string("<&>\u{2028}\u{1}").text == #""\u003c\u0026\u003e\u2028\u0001""#)
        #expect(WireValue.decimal(1).text == "1")
        #expect(WireValue.decimal(0.25).text == "0.25")
    }

    @Test(
        "RELAY-1 errors have Go's texts",
        arguments: [
            ("", "EOF"), ("  ", "EOF"), ("{", "unexpected EOF"), ("[1", "unexpected EOF"), (#"{"a""#, "unexpected EOF"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{1}", "invalid character '1' looking for beginning of object key string"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            (#""\x""#, "invalid character 'x' in string escape code"),
            ("tru!", "invalid character '!' in literal true (expecting 'e')"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
        ])
    func errors(text: String, expected: String) {
        #expect(throws: WireSyntaxError(text: expected)) { try read(text) }
    }

    @Test("BAD: deep nesting is refused, and random bytes never end the process")
    func hostile() throws {
        #expect(throws: WireSyntaxError(text: "exceeded max depth")) {
            try read(String(repeating: "[", count: 100_000))
        }
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("{}[]\",:\\u0123456789eE+-.truefalsn \n\u{1}".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40)).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            if let value = try? WireReader.read(bytes) { #expect(try WireReader.read(Array(value.text.utf8)) == value) }
        }
    }
}

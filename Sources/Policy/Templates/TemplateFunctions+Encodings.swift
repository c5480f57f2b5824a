import FoundationEssentials

extension TemplateFunctions {
    /// `base64` and the related functions, data URIs (RFC 2397) and URIs (RFC 3986).
    static func encodings(_ call: TemplateCall) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "base64": return .text(Data(try call.text(0).utf8).base64EncodedString())
        case "base64tostring": return .text(try decoded(try call.text(0), call))
        case "base64tojson": return try json(try decoded(try call.text(0), call), call)
        case "datauri":
            let value = try call.known(0)
            let text = TemplateCall.text(of: value) ?? value.json
            return .text("data:text/plain;charset=utf8;base64,\(Data(text.utf8).base64EncodedString())")
        case "datauritostring":
            let text = try call.text(0)
            guard text.lowercased().hasPrefix("data:"), let comma = text.firstIndex(of: ",") else {
                throw .init(message: "calls dataUriToString() with a text that is not a data URI")
            }
            let content = String(text[text.index(after: comma)...])
            if text[..<comma].lowercased().hasSuffix(";base64") { return .text(try decoded(content, call)) }
            return .text(try unescaped(content, call))
        case "uri": return .text(joined(try call.text(0), try call.text(1)))
        case "uricomponent": return .text(escaped(try call.text(0)))
        case "uricomponenttostring": return .text(try unescaped(try call.text(0), call))
        default: return nil
        }
    }

    private static func json(_ text: String, _ call: TemplateCall) throws(Mistake) -> Document.Value {
        do throws(JSONParser.Mistake) {
            return try JSONParser.parse(Array(text.utf8)).value
        } catch {
            throw .init(message: "calls \(call.name)() with a text that is not JSON: it \(error.message)")
        }
    }

    private static func decoded(_ text: String, _ call: TemplateCall) throws(Mistake) -> String {
        guard let data = Data(base64Encoded: text), let text = String(validating: data, as: UTF8.self) else {
            throw .init(message: "calls \(call.name)() with a text that is not base64 of UTF-8 text")
        }
        return text
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80, scalar.properties.isAlphabetic || (0x30...0x39).contains(byte) || "-_.~".utf8.contains(byte)
            {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    private static func unescaped(_ text: String, _ call: TemplateCall) throws(Mistake) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.first {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        guard let result = String(validating: bytes, as: UTF8.self) else {
            throw .init(message: "calls \(call.name)() with a text that is not escaped UTF-8 text")
        }
        return result
    }

    /// The relative path replaces the last part of the base, unless the base ends with a slash.
    private static func joined(_ base: String, _ relative: String) -> String {
        if relative.contains("://") { return relative }
        let authority = base.firstRange(of: "://").map { base[$0.upperBound...] } ?? base[...]
        guard let slash = authority.lastIndex(of: "/") else { return base + "/" + relative.drop { $0 == "/" } }
        if relative.hasPrefix("/"), let root = authority.firstIndex(of: "/") { return base[..<root] + relative }
        return base[...slash] + relative
    }
}

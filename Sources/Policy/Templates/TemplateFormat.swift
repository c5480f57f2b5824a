/// `format('{0}-{1:D2}', ...)`: composite formatting, with the numeric formats that are used in names.
enum TemplateFormat {
    typealias Mistake = TemplateExpression.Mistake

    static func text(_ call: TemplateCall) throws(Mistake) -> String {
        var result = ""
        var rest = Substring(try call.text(0))
        while let character = rest.first {
            rest = rest.dropFirst()
            if character == "{" || character == "}", rest.first == character {
                result.append(character)
                rest = rest.dropFirst()
            } else if character == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw .init(message: "has a { without } in format()") }
                result += try item(rest[..<end], call)
                rest = rest[rest.index(after: end)...]
            } else {
                result.append(character)
            }
        }
        return result
    }

    /// `0`, `0,5` (at least five characters), `0:D2`.
    private static func item(_ item: Substring, _ call: TemplateCall) throws(Mistake) -> String {
        let parts = item.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let places = parts[0].split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = Int(places[0]), number >= 0, number < 10_000 else {
            throw .init(message: "has {\(item)} in format(), which is not like {0}, {0,5} or {0:D2}")
        }
        let value = try call.value(number + 1)
        var text = value.list != nil || value.members != nil ? try call.known(number + 1).json : ""
        if text.isEmpty { text = value.isNull ? "" : try call.text(number + 1) }
        if parts.count == 2 { text = try formatted(text, by: parts[1]) }
        guard places.count == 2 else { return text }
        guard let width = Int(places[1]), abs(width) <= 1000 else {
            throw .init(message: "has {\(item)} in format(), whose width is not a number up to 1000")
        }
        let fill = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? text + fill : fill + text
    }

    /// D3 and 000: at least three digits; X2: hexadecimal.
    private static func formatted(_ text: String, by format: Substring) throws(Mistake) -> String {
        guard let number = Int(text), let kind = format.first else {
            throw .init(
                message: "has the format \"\(format)\" in format() for \"\(text)\", which is not a whole number")
        }
        let digits = format.dropFirst()
        let width = digits.isEmpty ? 0 : Int(digits)
        var written: String
        let least: Int
        switch kind {
        case "D", "d":
            written = String(number.magnitude)
            least = width ?? -1
        case "X":
            written = String(number.magnitude, radix: 16, uppercase: true)
            least = width ?? -1
        case "x":
            written = String(number.magnitude, radix: 16)
            least = width ?? -1
        default:
            written = String(number.magnitude)
            least = format.allSatisfy { $0 == "0" } ? format.count : -1
        }
        guard (0...100).contains(least) else {
            throw .init(
                message: "has the format \"\(format)\" in format(): only D, X and 0 with a width are known here")
        }
        written = String(repeating: "0", count: max(0, least - written.count)) + written
        return number < 0 ? "-" + written : written
    }
}

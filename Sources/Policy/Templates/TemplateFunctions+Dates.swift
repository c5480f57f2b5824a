import FoundationEssentials

extension TemplateFunctions {
    /// `dateTimeFromEpoch`, `dateTimeToEpoch` and `dateTimeAdd`, for UTC times in ISO 8601.
    static func dates(_ call: TemplateCall) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "datetimefromepoch":
            let seconds = try call.number(0)
            guard abs(seconds) < 1 << 40 else { throw .init(message: "calls \(call.name)() with \(seconds)") }
            return .text(written(Date(timeIntervalSince1970: Double(seconds))))
        case "datetimetoepoch": return .number("\(Int(try time(call).timeIntervalSince1970))")
        case "datetimeadd":
            guard call.count < 3 else {
                throw .init(
                    message: "calls dateTimeAdd() with a format, which is not known here: write the value itself")
            }
            return .text(written(try added(try time(call), try call.text(1))))
        default: return nil
        }
    }

    private static func written(_ date: Date) -> String { date.formatted(.iso8601) }

    private static func time(_ call: TemplateCall) throws(Mistake) -> Date {
        let text = try call.text(0)
        let whole = text.count == 10 ? text + "T00:00:00Z" : text.replacing(" ", with: "T")
        guard let date = try? Date.ISO8601FormatStyle().parse(whole.hasSuffix("Z") ? whole : whole + "Z") else {
            throw .init(
                message: "calls \(call.name)() with \"\(text)\", which is not a time such as 2026-01-31T12:00:00Z")
        }
        return date
    }

    /// An ISO 8601 duration: `P3Y`, `-P9D`, `PT1H30M`.
    private static func added(_ date: Date, _ duration: String) throws(Mistake) -> Date {
        let mistake = Mistake(
            message: "calls dateTimeAdd() with \"\(duration)\", which is not a duration such as P1DT2H")
        var rest = Substring(duration)
        let sign = rest.first == "-" ? -1 : 1
        if sign < 0 { rest = rest.dropFirst() }
        guard rest.first == "P", rest.count > 1 else { throw mistake }
        rest = rest.dropFirst()
        var components = DateComponents()
        var isTime = false
        while let character = rest.first {
            if character == "T" {
                isTime = true
                rest = rest.dropFirst()
                continue
            }
            let digits = rest.prefix(while: \.isNumber)
            rest = rest.dropFirst(digits.count)
            guard let number = Int(digits), number < 1_000_000, let unit = rest.first else { throw mistake }
            rest = rest.dropFirst()
            switch (unit, isTime) {
            case ("Y", false): components.year = sign * number
            case ("M", false): components.month = sign * number
            case ("W", false): components.day = sign * number * 7
            case ("D", false): components.day = (components.day ?? 0) + sign * number
            case ("H", true): components.hour = sign * number
            case ("M", true): components.minute = sign * number
            case ("S", true): components.second = sign * number
            default: throw mistake
            }
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        guard let result = calendar.date(byAdding: components, to: date) else { throw mistake }
        return result
    }
}

/// Formats numbers for people. Programs get plain numbers with `--json`.
enum HumanText {
    /// Seconds: `0.4s`, `12.3s`, `4m05s`, `2h03m`, `7d04h`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e12 else { return "-" }
        guard seconds >= 0 else { return "0.0s" }
        let tenths = Int((seconds * 10).rounded(.down))
        if tenths < 600 { return "\(tenths / 10).\(tenths % 10)s" }
        let whole = tenths / 10
        if whole < 3600 { return "\(whole / 60)m\(twoDigits(whole % 60))s" }
        if whole < 86_400 { return "\(whole / 3600)h\(twoDigits(whole / 60 % 60))m" }
        return "\(whole / 86_400)d\(twoDigits(whole / 3600 % 24))h"
    }

    /// A setting, not a measurement: `4s`, `4m`, `30s`, `2h`, `1.5s`. Other values are formatted as in ``duration(seconds:)``.
    static func setting(seconds: Double) -> String {
        for (length, unit) in [(86_400.0, "d"), (3600.0, "h"), (60.0, "m")] where seconds >= length {
            let count = seconds / length
            if count == count.rounded() { return "\(Int(count))\(unit)" }
        }
        if seconds >= 60 { return duration(seconds: seconds) }
        return seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(decimal(seconds, places: 3))s"
    }

    /// Bytes, in powers of 1024: `512 B`, `1.5 KiB`, `3.0 GiB`.
    static func bytes(_ count: UInt64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count) / 1024
        var units = ["KiB", "MiB", "GiB", "TiB", "PiB"][...]
        while value >= 1024, units.count > 1 {
            value /= 1024
            units = units.dropFirst()
        }
        return "\(decimal(value, places: 1, keepsZeros: true)) \(units.first ?? "")"
    }

    /// With a separator every three digits: `1,048,576`.
    static func count(_ value: UInt64) -> String {
        var text = ""
        for (index, digit) in "\(value)".reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    static func count(_ value: Int) -> String {
        value < 0 ? "-" + count(UInt64(value.magnitude)) : count(UInt64(value))
    }

    /// A number of things: `1 rule`, `1,234 rules`.
    static func count(_ value: Int, of thing: String) -> String { "\(count(value)) \(thing)\(value == 1 ? "" : "s")" }

    /// A share from 0 to 1: `12.3 %`.
    static func percent(_ share: Double) -> String {
        share.isFinite ? "\(decimal(share * 100, places: 1, keepsZeros: true)) %" : "-"
    }

    /// A number, rounded to at most `places` decimals. Trailing zeros are left out unless `keepsZeros` is set.
    static func decimal(_ value: Double, places: Int, keepsZeros: Bool = false) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        let factor = (0..<places).reduce(1) { factor, _ in factor * 10 }
        let scaled = Int((abs(value) * Double(factor)).rounded())
        let digits = "\(scaled % factor)"
        var fraction = String(repeating: "0", count: max(0, places - digits.count)) + digits
        if !keepsZeros {
            while fraction.hasSuffix("0") { fraction.removeLast() }
        }
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return fraction.isEmpty || places == 0 ? "\(sign)\(scaled / factor)" : "\(sign)\(scaled / factor).\(fraction)"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

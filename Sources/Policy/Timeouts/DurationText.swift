/// Durations in the format of the configuration: `90s`, `4m`, `2h`, `7d`, `1m30s`, `500ms`.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ]

    /// Reads a duration into nanoseconds; nil if the text is not a duration, or is longer than 584 years. Units go from
    /// the larger to the smaller, each at most once, so that a slip like `30s1m` is an error.
    package static func parse(_ text: String) -> UInt64? {
        var rest = text.utf8[...]
        var total: UInt64 = 0
        var nextUnit = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard let number = UInt64(String(decoding: digits, as: UTF8.self)) else { return nil }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { (0x61...0x7A).contains($0) }
            rest = rest.dropFirst(letters.count)
            let name = String(decoding: letters, as: UTF8.self)
            guard let unit = units.indices.dropFirst(nextUnit).first(where: { units[$0].name == name }) else {
                return nil
            }
            nextUnit = unit + 1
            let (product, productOverflows) = number.multipliedReportingOverflow(by: units[unit].nanoseconds)
            let (sum, sumOverflows) = total.addingReportingOverflow(product)
            if productOverflows || sumOverflows { return nil }
            total = sum
        }
        return total
    }

    /// The shortest text that is read back as the same duration. Fractions of a millisecond are dropped.
    package static func format(nanoseconds: UInt64) -> String {
        var rest = nanoseconds
        var text = ""
        for unit in units where rest >= unit.nanoseconds {
            text += "\(rest / unit.nanoseconds)\(unit.name)"
            rest %= unit.nanoseconds
        }
        return text.isEmpty ? "0s" : text
    }
}

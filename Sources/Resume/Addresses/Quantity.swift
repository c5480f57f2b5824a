/// Times and sizes on the command line.
package enum Quantity {
    /// Reads `500ms`, `30s`, `5m`, `1h`.
    package static func time(_ text: String) throws(ResumeProblem) -> Duration {
        let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for (unit, milliseconds) in units where text.hasSuffix(unit) {
            guard let number = number(text.dropLast(unit.count)) else { continue }
            let (product, overflow) = number.multipliedReportingOverflow(by: milliseconds)
            if !overflow { return .milliseconds(product) }
        }
        throw ResumeProblem("'\(text)' is not a time: write a number and ms, s, m or h, like 30s or 5m")
    }

    /// Reads `65536`, `64K`, `2M`, `1G`: powers of 1024.
    package static func bytes(_ text: String) throws(ResumeProblem) -> Int {
        let units: [(String, Int64)] = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("", 1)]
        for (unit, size) in units where text.hasSuffix(unit) {
            guard let number = number(text.dropLast(unit.count)) else { continue }
            let (product, overflow) = number.multipliedReportingOverflow(by: size)
            if !overflow { return Int(product) }
        }
        throw ResumeProblem("'\(text)' is not a size: write a number of bytes, or with K, M or G, like 2M")
    }

    /// Checks that a time is within a range.
    package static func time(
        _ text: String, within range: ClosedRange<Duration>, _ meaning: String
    ) throws(ResumeProblem) -> Duration {
        let time = try time(text)
        guard range.contains(time) else { throw ResumeProblem("'\(text)' must be \(meaning)") }
        return time
    }

    private static func number(_ digits: Substring) -> Int64? {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(digits) : nil
    }

    /// `1 GiB`, `64 KiB`, `1500 bytes`.
    package static func text(bytes: Int) -> String {
        for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where bytes >= size && bytes.isMultiple(of: size) {
            return "\(bytes / size) \(unit)"
        }
        return "\(bytes) bytes"
    }
}

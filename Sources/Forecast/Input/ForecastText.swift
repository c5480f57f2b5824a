package import Fleet
internal import Policy
package import Simulation

/// Reads the values of the forecast's options. Each error says what to write instead.
package enum ForecastText {
    /// Returns a file's content, or throws why it can't be read.
    package typealias Files = (_ path: String) throws(ForecastProblem) -> String

    /// `2..10`, or `5` for a fixed size.
    package static func instances(_ text: String) throws(ForecastProblem) -> CapacityRange {
        let parts = text.split(separator: ".", omittingEmptySubsequences: true)
        let isRange = text.contains("..")
        guard parts.count == (isRange ? 2 : 1), let minimum = Int(parts[0]), let maximum = Int(parts[parts.count - 1])
        else { throw ForecastProblem("--instances '\(text)' is not a range", instead: "write for example 2..10, or 5") }
        let capacity = CapacityRange(minimum: minimum, maximum: maximum)
        if let problem = capacity.problem {
            let isReversed = minimum > maximum && CapacityRange(minimum: maximum, maximum: minimum).problem == nil
            throw ForecastProblem(
                "--instances \(text): \(problem)",
                instead: isReversed ? "write --instances \(maximum)..\(minimum)" : "write for example --instances 2..10"
            )
        }
        return capacity
    }

    /// `0.1%` or `0.001`: from 0 to 1.
    package static func share(_ text: String, option: String) throws(ForecastProblem) -> Double {
        let isPercent = text.hasSuffix("%")
        let digits = isPercent ? String(text.dropLast()) : text
        guard let number = Double(digits.filter { $0 != " " }), number.isFinite else {
            throw ForecastProblem("\(option) '\(text)' is not a share", instead: "write for example 0.1% or 0.001")
        }
        let share = isPercent ? number / 100 : number
        guard share >= 0, share <= 1 else {
            throw ForecastProblem(
                "\(option) \(text) is not within 0 to 1 (0% to 100%)", instead: "write for example 0.1% or 0.001")
        }
        return share
    }

    /// `5m`, in seconds.
    package static func duration(_ text: String, option: String) throws(ForecastProblem) -> Double {
        guard let nanoseconds = DurationText.parse(text) else {
            throw ForecastProblem("\(option) '\(text)' is not a duration", instead: "write for example 30s, 5m or 8h")
        }
        return Double(nanoseconds) / 1e9
    }

    /// `off`, `30/10/3` (idle, interval, count) or `app:60` (period), in seconds.
    package static func keepAlive(_ text: String) throws(ForecastProblem) -> KeepAlivePattern {
        if text == "off" { return .off }
        if text.hasPrefix("app:") {
            let rest = String(text.dropFirst(4))
            var seconds = Double(rest) ?? 0
            if Double(rest) == nil { seconds = try duration(rest, option: "--keepalive") }
            if seconds >= 1, seconds.isFinite { return .application(period: seconds) }
        } else {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
            if parts.count == 3, let idle = parts[0], let interval = parts[1], let count = parts[2], idle >= 1,
                interval >= 1, (1...127).contains(count), max(idle, interval) <= 32_767
            {
                return .tcp(idle: Double(idle), interval: Double(interval), count: count)
            }
        }
        throw ForecastProblem(
            "--keepalive '\(text)' is not a keep-alive",
            instead: "write off, 30/10/3 (seconds idle, seconds between probes, probes) or app:60 (seconds)")
    }

    /// `none`, `monthly`, `weekly` (4), or a number a month.
    package static func maintenances(_ text: String) throws(ForecastProblem) -> Int {
        switch text {
        case "none": return 0
        case "monthly": return 1
        case "weekly": return 4
        default: break
        }
        guard let number = Int(text), (0...30).contains(number) else {
            throw ForecastProblem(
                "--maintenance '\(text)' is not a number of maintenances",
                instead: "write none, monthly, weekly, or how many there are a month, up to 30")
        }
        return number
    }

    /// `persistent`, `exponential:8h`, `fixed:24h`, or a file with a length on each line.
    package static func session(_ text: String, files: Files) throws(ForecastProblem) -> SessionLife {
        if text == "persistent" { return .persistent }
        if let mean = try value(of: "exponential", in: text, option: "--session") { return .exponential(mean: mean) }
        if let length = try value(of: "fixed", in: text, option: "--session") { return .fixed(length) }
        return .sampled(
            try samples(
                text, option: "--session", words: "persistent, exponential:8h, fixed:24h or a file", files: files))
    }

    /// `endless`, `exponential:90s`, or a file with a gap on each line.
    package static func gaps(_ text: String, files: Files) throws(ForecastProblem) -> TrafficGaps {
        if text == "endless" { return .endless }
        if let mean = try value(of: "exponential", in: text, option: "--idle-gaps") { return .exponential(mean: mean) }
        return .sampled(
            try samples(text, option: "--idle-gaps", words: "endless, exponential:90s or a file", files: files))
    }

    /// `daily`, `constant`, or a file with lines `08:00 60%`.
    package static func load(
        _ text: String, capacity: CapacityRange, files: Files
    ) throws(ForecastProblem) -> LoadCurve {
        switch text {
        case "daily": return .daily(capacity)
        case "constant": return .constant
        default: return try ForecastFile(path: text, text: files(text)).curve()
        }
    }

    private static func value(
        of word: String, in text: String, option: String
    ) throws(ForecastProblem) -> Double? {
        guard text.hasPrefix(word + ":") else { return nil }
        let seconds = try duration(String(text.dropFirst(word.count + 1)), option: option)
        guard seconds > 0 else {
            throw ForecastProblem("\(option) \(text) is 0", instead: "write a duration greater than 0, like \(word):8h")
        }
        return seconds
    }

    private static func samples(
        _ path: String, option: String, words: String, files: Files
    ) throws(ForecastProblem) -> [Double] {
        let text: String
        do {
            text = try files(path)
        } catch {
            throw ForecastProblem("\(option) \(error.what)", instead: "write \(words)")
        }
        return try ForecastFile(path: path, text: text).samples()
    }
}

internal import Policy
internal import Simulation

/// A file with one value on each line. Empty lines, and what follows a `#`, are ignored.
struct ForecastFile {
    let path: String
    let lines: [(number: Int, words: [Substring])]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            return words.isEmpty ? nil : (index + 1, words)
        }
    }

    /// Durations greater than 0, in seconds: `90s`, or a number of seconds.
    func samples() throws(ForecastProblem) -> [Double] {
        var values: [Double] = []
        for (number, words) in lines {
            let text = String(words[0])
            let seconds = Double(text) ?? DurationText.parse(text).map { Double($0) / 1e9 }
            guard words.count == 1, let seconds, seconds > 0, seconds < 1e9 else {
                throw mistake(
                    number, words, "is not a duration greater than 0", "write one on each line, like 90s or 8h")
            }
            values.append(seconds)
        }
        guard !values.isEmpty else {
            throw ForecastProblem("\(path) has no duration", instead: "write one on each line, like 90s or 8h")
        }
        return values
    }

    /// Lines `08:00 60%`: from this time of the day on, the load in percent of the capacity of the largest fleet.
    func curve() throws(ForecastProblem) -> LoadCurve {
        let example = "write lines like '08:00 60%': the time of day, and the load of the largest fleet from then on"
        var levels: [LoadCurve.Level] = []
        for (number, words) in lines {
            let clock = words[0].split(separator: ":", omittingEmptySubsequences: false)
            guard words.count == 2, clock.count == 2, let hour = Int(clock[0]), let minute = Int(clock[1]),
                (0..<24).contains(hour), (0..<60).contains(minute), words[1].hasSuffix("%"),
                let percent = Double(words[1].dropLast()), (0...100).contains(percent)
            else { throw mistake(number, words, "is not a level of the load", example) }
            let from = Double(hour * 3_600 + minute * 60)
            if let last = levels.last, last.from >= from {
                throw mistake(number, words, "is not later than the line before", "write the lines in order of time")
            }
            levels.append(LoadCurve.Level(from: from, share: percent / 100))
        }
        guard !levels.isEmpty else { throw ForecastProblem("\(path) has no level of the load", instead: example) }
        return LoadCurve(levels: levels)
    }

    private func mistake(
        _ number: Int, _ words: [Substring], _ what: String, _ instead: String
    ) -> ForecastProblem {
        ForecastProblem("\(path), line \(number): '\(words.joined(separator: " "))' \(what)", instead: instead)
    }
}

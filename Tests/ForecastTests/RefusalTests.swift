import Fleet
import Forecast
import Policy
import Simulation
import Testing

/// Nonsense is refused with what to write instead (CAST-1).
@Suite("Refusals of a forecast")
struct RefusalTests {
    private func problem(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "accepted"
        } catch {
            return "\(error)"
        }
    }

    private func noFile(_ path: String) throws(ForecastProblem) -> String {
        throw ForecastProblem("\(path) can't be read: No such file or directory", instead: "name a file")
    }

    @Test("CAST-1 a minimum above the maximum: write them the other way round")
    func capacity() throws {
        #expect(problem { _ = try ForecastText.instances("4..2") }.hasSuffix("write --instances 2..4"))
        #expect(problem { _ = try ForecastText.instances("1..4") }.contains("not within 2 to 50"))
        #expect(problem { _ = try ForecastText.instances("2..3") }.contains("1 apart"))
        for text in ["", "..", "2..", "two", "2..4..6", "2-4"] {
            #expect(problem { _ = try ForecastText.instances(text) }.contains("write for example 2..10"), "\(text)")
        }
        #expect(try ForecastText.instances("5") == CapacityRange(minimum: 5, maximum: 5))
        var settings = ForecastSettings()
        settings.instances = CapacityRange(minimum: 6, maximum: 4)
        #expect(problem { try settings.check() }.contains("greater than the maximum"))
    }

    @Test("CAST-1 a share outside 0 to 1")
    func shares() throws {
        for text in ["1.5", "-0.1", "101%", "nan", "much", ""] {
            #expect(
                problem { _ = try ForecastText.share(text, option: "--loss") }.hasSuffix(
                    "write for example 0.1% or 0.001"),
                "\(text)")
        }
        #expect(try ForecastText.share("0.1%", option: "--loss") == 0.001)
        var settings = ForecastSettings()
        settings.idleTimeout = 0
        #expect(problem { try settings.check() }.contains("--idle-timeout 0.0 s is less than a second"))
        settings.idleTimeout = 240
        settings.failure = 1
        #expect(problem { try settings.check() }.contains("--unplanned 1.0 is not a probability below 1"))
    }

    @Test("CAST-1 a keep-alive that comes after the timeout is a certain kill; slow probes are warned about")
    func keepAlive() throws {
        var settings = ForecastSettings()
        #expect(settings.warnings.isEmpty)
        settings.keepAlive = try ForecastText.keepAlive("240/10/3")
        #expect(settings.warnings.first?.hasPrefix("certain kill") == true)
        #expect(settings.warnings.first?.contains("write --keepalive 30/10/3") == true)
        settings.keepAlive = try ForecastText.keepAlive("app:300")
        #expect(settings.warnings.first?.hasPrefix("certain kill") == true)
        settings.keepAlive = try ForecastText.keepAlive("200/75/9")
        #expect(settings.warnings.first?.hasPrefix("slow probes") == true)
        for text in ["", "on", "30", "30/10", "30/10/0", "0/10/3", "30/10/200", "app:0", "app:", "30/10/3/4"] {
            let found = problem { _ = try ForecastText.keepAlive(text) }
            #expect(found.contains("write"), "\(text): \(found)")
        }
    }

    @Test("CAST-1 other values: durations, maintenances, lengths, gaps")
    func values() {
        #expect(problem { _ = try ForecastText.duration("soon", option: "--redo") }.hasSuffix("like 8h") == false)
        #expect(problem { _ = try ForecastText.duration("soon", option: "--redo") }.contains("write for example 30s"))
        #expect(problem { _ = try ForecastText.maintenances("daily") }.contains("write none, monthly, weekly"))
        #expect(problem { _ = try ForecastText.maintenances("31") }.contains("up to 30"))
        #expect(problem { _ = try ForecastText.session("fixed:0s", files: noFile) }.contains("greater than 0"))
        #expect(
            problem { _ = try ForecastText.session("for ever", files: noFile) }.contains(
                "write persistent, exponential:8h, fixed:24h or a file"))
        #expect(problem { _ = try ForecastText.gaps("exponential:", files: noFile) }.contains("is not a duration"))
    }

    @Test("CAST-1 a file that can't be used: the line, and what to write there")
    func files() throws {
        func content(_ text: String) -> (String) throws(ForecastProblem) -> String {
            { _ throws(ForecastProblem) in text }
        }
        #expect(
            try ForecastText.session("f", files: content("# lengths\n90s\n\n2h # long\n12.5\n"))
                == .sampled([90, 7_200, 12.5]))
        #expect(
            problem { _ = try ForecastText.session("f", files: content("90s\nlong\n")) }.hasPrefix("f, line 2: 'long'"))
        #expect(problem { _ = try ForecastText.gaps("f", files: content("0")) }.hasPrefix("f, line 1: '0'"))
        #expect(
            problem { _ = try ForecastText.gaps("f", files: content("\n# nothing\n")) }.hasPrefix("f has no duration"))
        let capacity = CapacityRange(minimum: 2, maximum: 10)
        func curve(_ text: String) -> String {
            problem { _ = try ForecastText.load("c", capacity: capacity, files: content(text)) }
        }
        #expect(curve("08:00 60%\n20:00 5%\n") == "accepted")
        #expect(curve("08:00 60%\n25:00 5%\n").hasPrefix("c, line 2: '25:00 5%' is not a level"))
        #expect(curve("08:00 160%").contains("write lines like '08:00 60%'"))
        #expect(curve("08:00 60%\n07:00 10%").contains("line 2: '07:00 10%' is not later"))
        #expect(curve("").contains("has no level"))
        #expect(curve("08:00 60% busy").contains("line 1"))
    }

    @Test("CAST-1 a profile without a published rate is assumed at 1/100, documented until 2025-02")
    func rates() {
        #expect(PublishedRate(.azure).note?.contains("assumed 1/100, documented until 2025-02") == true)
        #expect(PublishedRate(.azure2025).note == nil && PublishedRate(.azure2025).failure == 0.01)
        #expect(PublishedRate(.azure2022).note == nil && PublishedRate(.azure2022).failure == 0.025)
        var settings = ForecastSettings()
        settings.use(.azure2022, .eastWest)
        #expect(settings.idleTimeout == 240 && settings.resetsIdle && settings.drain == .azure2025)
        settings.use(.azure, .eastWest)
        #expect(settings.idleTimeout == 300 && !settings.resetsIdle && settings.drain == .azure)
    }
}

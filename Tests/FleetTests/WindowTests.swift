import Fleet
import Foundation
import Testing

@Suite("Maintenance windows")
struct WindowTests {
    private let zones: ZoneOffsets = { zone, seconds in
        TimeZone(identifier: zone)?.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
    }

    private func unix(_ text: String) throws -> Int64 {
        Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970)
    }

    @Test(
        "MAINT-2 22:00 to 03:00 in Berlin, in winter, in summer, and on the days when clocks change",
        arguments: [
            ("2026-01-15T20:59:59Z", false), ("2026-01-15T21:00:00Z", true), ("2026-01-16T01:59:59Z", true),
            ("2026-01-16T02:00:00Z", false), ("2026-07-15T19:59:59Z", false), ("2026-07-15T20:00:00Z", true),
            ("2026-07-16T00:59:59Z", true), ("2026-07-16T01:00:00Z", false),
            // 29 March: 02:00 becomes 03:00. A window that begins at 22:00 winter time lasts five elapsed hours.
            ("2026-03-28T21:00:00Z", true), ("2026-03-29T01:59:59Z", true), ("2026-03-29T02:00:00Z", false),
            ("2026-03-29T19:59:59Z", false), ("2026-03-29T20:00:00Z", true),
            // 25 October: 03:00 becomes 02:00.
            ("2026-10-24T20:00:00Z", true), ("2026-10-25T00:59:59Z", true), ("2026-10-25T01:00:00Z", false),
            ("2026-10-25T20:59:59Z", false), ("2026-10-25T21:00:00Z", true),
        ] as [(String, Bool)])
    func berlin(time: String, isOpen: Bool) throws {
        let window = DailyWindow(startMinute: 22 * 60, lengthSeconds: 5 * 3600, zone: "Europe/Berlin")
        #expect(window.isOpen(at: try unix(time), zones: zones) == isOpen)
    }

    @Test(
        "MAINT-2 a start at 02:30 on days when that time does not occur, or occurs twice",
        arguments: [
            ("2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"),  // 03:30 by the clocks.
            ("2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z"),  // The first of both.
            ("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),  // Not the second one.
            ("2026-06-01T12:00:00Z", "2026-06-02T00:30:00Z"),
        ])
    func transitions(after: String, opening: String) throws {
        let window = DailyWindow(startMinute: 150, lengthSeconds: 5 * 3600, zone: "Europe/Berlin")
        #expect(window.nextOpening(after: try unix(after), zones: zones) == (try unix(opening)))
    }

    @Test(
        "MAINT-2 zones far from UTC, and with half hours",
        arguments: [
            ("Pacific/Kiritimati", -14 * 60), ("Pacific/Pago_Pago", 11 * 60), ("Asia/Kolkata", -330), ("UTC", 0),
        ])
    func farZones(zone: String, offsetMinutes: Int) throws {
        let window = DailyWindow(startMinute: 60, lengthSeconds: 6 * 3600, zone: zone)
        let opening = try #require(window.nextOpening(after: try unix("2026-05-05T00:00:00Z"), zones: zones))
        #expect((opening / 60 - 60 - Int64(offsetMinutes)) % 1440 == 0)
        #expect(!window.isOpen(at: opening - 1, zones: zones))
        #expect(window.isOpen(at: opening, zones: zones))
        #expect(window.isOpen(at: opening + 6 * 3600 - 1, zones: zones))
        #expect(!window.isOpen(at: opening + 6 * 3600, zones: zones))
    }

    @Test("MAINT-2 below five hours, above a day, an unknown zone: reported, with what to write")
    func problems() {
        func problem(_ start: Int, _ hours: Double, _ zone: String) -> String? {
            DailyWindow(startMinute: start, lengthSeconds: Int64(hours * 3600), zone: zone).problem(zones: zones)
        }
        #expect(problem(0, 5, "Europe/Berlin") == nil)
        #expect(problem(0, 24, "UTC") == nil)
        #expect(
            problem(0, 4.99, "UTC")
                == "the maintenance window of 299 min is not within 5 h to 24 h: make it at least 5 h long")
        #expect(problem(0, 25, "UTC") != nil)
        #expect(
            problem(0, 5, "Europe/Atlantis")
                == "the maintenance window's time zone 'Europe/Atlantis' is unknown: write an IANA name, like Europe/Berlin"
        )
        #expect(problem(1440, 5, "UTC") != nil)
        let settings = FleetSettings(
            capacity: CapacityRange(minimum: 2, maximum: 3),
            windows: [DailyWindow(startMinute: 0, lengthSeconds: 60, zone: "UTC")])
        #expect(settings.problems(zones: zones).count == 2)
    }

    private var settings: FleetSettings {
        FleetSettings(
            continuity: .preserve,
            // Hours pass here: no questions every second.
            recovery: RecoveryTimes(questionInterval: 600 * Stage.second, unresponsiveAfter: 3_000 * Stage.second),
            windows: [DailyWindow(startMinute: 22 * 60, lengthSeconds: 5 * 3600, zone: "Europe/Berlin")])
    }

    @Test("MAINT-2 outside a window nothing starts; maintenance begins in the minute in which a window opens")
    func waits() throws {
        var stage = Stage.serving(settings, zones: zones)
        stage.deliver(.wallClock(unixSeconds: try unix("2026-01-15T19:30:00Z")))
        stage.ask(.startMaintenance(binary: nil, now: false))
        stage.run(seconds: 5_399)
        #expect(
            stage.accepted == [
                "maintenance 1 waits for its window, which opens in 1 h 30 min; '--now' would have overridden it"
            ])
        #expect(stage.machine.view.maintenance?.waitsForWindow == true)
        stage.restart(after: 0, zones: zones)
        stage.deliver(.wallClock(unixSeconds: try unix("2026-01-15T20:59:59Z")))
        #expect(stage.serving == [1, 2])
        stage.run(seconds: 10)
        #expect(stage.machine.view.maintenance?.phase == .completed)
        #expect(stage.directives.contains("5400 start 3"), "\(stage.directives)")
    }

    @Test("MAINT-2 --now overrides the window")
    func now() throws {
        var stage = Stage.serving(settings, zones: zones)
        stage.deliver(.wallClock(unixSeconds: try unix("2026-01-15T12:00:00Z")))
        stage.ask(.startMaintenance(binary: nil, now: true))
        stage.run(seconds: 10)
        #expect(stage.machine.view.maintenance?.phase == .completed)
    }

    @Test("MAINT-2 when a window closes, the current instance is finished, and the next one waits for tomorrow")
    func closes() throws {
        var settings = settings
        settings.continuity = .disruptive
        var stage = Stage.serving(settings, zones: zones)
        stage.deliver(.wallClock(unixSeconds: try unix("2026-01-16T01:59:00Z")))
        stage.ask(.startMaintenance(binary: "/new", now: false))
        stage.run(seconds: 1_000)
        #expect(stage.machine.view.maintenance?.updated == [3])
        #expect(stage.machine.view.maintenance?.waitsForWindow == true)
        stage.run(seconds: 20 * 3600)
        #expect(stage.machine.view.maintenance?.phase == .completed)
    }
}

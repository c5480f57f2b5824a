import Testing

@testable import Policy

@Suite("Configuration of the fleet")
struct FleetConfigurationTests {
    private let second: UInt64 = 1_000_000_000

    private func parse(_ lines: String) throws -> Configuration {
        try Configuration.parse("zones: [{ name: a, interfaces: [eth0] }]\n" + lines, file: "f", hostName: "h")
    }

    private func refusal(_ lines: String) -> String? {
        #expect(throws: ConfigurationErrors.self, "\(lines)") { try parse(lines) }?.description
    }

    @Test("SCALE-2 2 to 20 instances by default; bounds are 2 to 50, equal or more than 1 apart")
    func bounds() throws {
        let usual = try parse("").fleet
        #expect(usual.minCapacity == 2 && usual.maxCapacity == 20)
        for (low, high) in [(2, 2), (2, 4), (50, 50), (2, 50), (48, 50)] {
            let fleet = try parse("fleet: { minCapacity: \(low), maxCapacity: \(high) }").fleet
            #expect(fleet.minCapacity == low && fleet.maxCapacity == high)
        }
        for (low, high, key, text) in [
            (1, 20, "minCapacity", "\"1\" is not a whole number from 2 to 50"),
            (2, 51, "maxCapacity", "\"51\" is not a whole number from 2 to 50"),
            (5, 4, "maxCapacity", "minCapacity 5 is greater than maxCapacity 4: write them the other way round"),
            (
                4, 5, "maxCapacity",
                "minCapacity 4 and maxCapacity 5 are 1 apart: write them equal (a fixed size), or more than 1 apart, like 4 and 6"
            ),
            (
                49, 50, "maxCapacity",
                "minCapacity 49 and maxCapacity 50 are 1 apart: write them equal (a fixed size), or more than 1 apart, like 48 and 50"
            ),
        ] {
            let message = refusal("fleet: { minCapacity: \(low), maxCapacity: \(high) }")
            #expect(message?.hasSuffix("fleet.\(key): \(text)") == true, "\(message ?? "accepted")")
        }
        #expect(
            refusal("fleet: { minCapacity: 30 }")?.hasSuffix(
                "fleet.minCapacity: minCapacity 30 is greater than maxCapacity 20: write them the other way round "
                    + "(one of them is the default)") == true)
    }

    @Test("SCALE-3 the capacity of an instance is read in bits per second and sessions")
    func instance() throws {
        let fleet = try parse("fleet: { instance: { throughput: 800Mbps, sessions: 5000 } }").fleet
        #expect(fleet.throughputBitsPerSecond == 800_000_000 && fleet.sessions == 5000)
        #expect(
            try parse("fleet: { instance: { throughput: 1.5gbps } }").fleet.throughputBitsPerSecond == 1_500_000_000)
        for bad in ["fast", "1.5", "-1Gbps", "0Mbps", "1e3Gbps", "1000Tbps", "GBps"] {
            #expect(
                refusal("fleet: { instance: { throughput: \(bad) } }")?.contains(
                    "fleet.instance.throughput: \"\(bad)\"")
                    == true)
        }
        #expect(refusal("fleet: { instance: { sessions: 0 } }")?.contains("fleet.instance.sessions: \"0\"") == true)
        #expect(refusal("fleet: { instances: 3 }")?.contains("did you mean instance?") == true)
    }

    @Test("RECOV-1 the time until recovery, and the cool-down, are settable within a range; only the latter is scaled")
    func times() throws {
        let usual = try parse("timeScale: 10")
        #expect(usual.fleet.recoveryAfter == 5 * second && usual.coolDown == 30 * second)
        let own = try parse("recovery: { after: 10s }\nfleet: { coolDown: 10m }")
        #expect(own.fleet.recoveryAfter == 10 * second && own.coolDown == 600 * second)
        #expect(
            refusal("recovery: { after: 1s }")
                == "f:2:20: recovery.after: 1s is outside the range: write 2s to 1h")
        #expect(
            refusal("fleet: { coolDown: 59s }")
                == "f:2:20: fleet.coolDown: 59s is outside the range: write 1m to 1d")
    }

    @Test("MAINT-2 a window has a start, at least 5 h, and a time zone of the IANA database")
    func maintenance() throws {
        let window = try parse("maintenance: { start: \"22:30\", length: 5h, timeZone: Europe/Berlin }").maintenance
        #expect(
            window == MaintenanceWindow(startMinute: 1350, length: 18_000 * second, timeZone: "Europe/Berlin"))
        #expect(try parse("maintenance: { start: 03:05, length: 1d, timeZone: UTC }").maintenance?.startMinute == 185)
        for (text, message) in [
            (
                "{ start: \"24:00\", length: 5h, timeZone: UTC }",
                "maintenance.start: \"24:00\" is not a time of day from 00:00 to 23:59: write for example \"22:00\""
            ),
            (
                "{ start: \"22:00\", length: 4h59m, timeZone: UTC }",
                "maintenance.length: 4h59m is outside the range: a window has 5h to 1d"
            ),
            (
                "{ start: \"22:00\", length: 5h, timeZone: Europe/Berlim }",
                "maintenance.timeZone: \"Europe/Berlim\" is not a time zone known here: write a name of the IANA database "
                    + "like Europe/Berlin or UTC: 'ls /usr/share/zoneinfo' lists them"
            ),
            (
                "{ start: \"22:00\", length: 5h }",
                "maintenance.timeZone: is missing: write for example timeZone: Europe/Berlin"
            ),
        ] {
            #expect(
                refusal("maintenance: \(text)")?.contains(message) == true, "\(refusal("maintenance: \(text)") ?? "")")
        }
        for name in ["../../../etc/passwd", "/etc/localtime", "zone.tab", ""] {
            #expect(!TimeZoneDatabase.contains(name))
        }
    }

    @Test("DRAIN-3 PROF-1 the drain of the azure profiles is fixed; custom can set it; continuity has two values")
    func drain() throws {
        for profile in ["azure", "azure-2025", "azure-2022"] {
            let message = refusal("profile: \(profile)\ndrain: { reset: 30s }")
            #expect(
                message?.contains(
                    "drain.reset: 30s is outside the range of the profile \(profile), which fixes reset at")
                    == true)
        }
        let custom = try parse("profile: custom\ndrain: { refuse: 0s, reset: 10s }\ncontinuity: preserve")
        #expect(custom.drain == DrainSettings(refuse: 0, reset: 10 * second))
        #expect(custom.continuity == .preserve && custom.notices.count == 1)
        #expect(
            refusal("continuity: keep")?.contains("continuity: \"keep\" is not known here") == true)
    }
}

import Fleet
import FlowLayout
import Glibc
import Policy
import Testing

@testable import Gateway

@Suite("Parts of the fleet's shell", .serialized)
struct FleetPartsTests {
    private let second: UInt64 = 1_000_000_000

    private func configuration(_ lines: String) throws -> Configuration {
        try Configuration.parse("zones: [{ name: a, interfaces: [eth0] }]\n" + lines, file: "f", hostName: "h")
    }

    @Test("MAINT-2 the machine's time zone database gives offsets with daylight saving, and TZ stays as it was")
    func zones() {
        setenv("TZ", "Asia/Tokyo", 1)
        defer { unsetenv("TZ") }
        // 2026-01-15 and 2026-07-15, noon UTC.
        #expect(TimeZoneOffsets.seconds(zone: "Europe/Berlin", unixSeconds: 1_768_478_400) == 3600)
        #expect(TimeZoneOffsets.seconds(zone: "Europe/Berlin", unixSeconds: 1_784_116_800) == 7200)
        #expect(TimeZoneOffsets.seconds(zone: "America/New_York", unixSeconds: 1_768_478_400) == -18_000)
        #expect(TimeZoneOffsets.seconds(zone: "UTC", unixSeconds: 0) == 0)
        #expect(TimeZoneOffsets.seconds(zone: "Europe/Berlim", unixSeconds: 0) == nil)
        #expect(getenv("TZ").map { String(cString: $0) } == "Asia/Tokyo")
    }

    @Test("PROF-2 SCALE-1 drain, sampling and cool-down are scaled by the profile, recovery and windows are not")
    func settings() throws {
        let plain = Fleet.FleetSettings(try configuration(""))
        #expect(plain.capacity == CapacityRange(minimum: 2, maximum: 20) && plain.continuity == .disruptive)
        #expect(plain.drain == DrainTimes(refuse: 45 * second, reset: 45 * second))
        #expect(plain.scaling == ScalingTimes() && plain.recovery == RecoveryTimes() && plain.windows.isEmpty)
        let own = Fleet.FleetSettings(
            try configuration(
                """
                profile: azure-2025
                timeScale: 10
                continuity: preserve
                fleet: { minCapacity: 3, maxCapacity: 9, instance: { throughput: 1Gbps, sessions: 10 }, coolDown: 2m }
                recovery: { after: 8s }
                maintenance: { start: "22:30", length: 6h, timeZone: Europe/Berlin }
                """))
        #expect(own.capacity == CapacityRange(minimum: 3, maximum: 9) && own.continuity == .preserve)
        #expect(own.instance == InstanceCapacity(throughputBitsPerSecond: 1_000_000_000, sessions: 10))
        #expect(own.drain == DrainTimes(refuse: 9 * second, reset: 0))
        #expect(own.scaling.sampleInterval == second && own.scaling.window == 6 * second)
        #expect(own.scaling.coolDown == 12 * second && own.recovery.unresponsiveAfter == 8 * second)
        #expect(own.windows == [DailyWindow(startMinute: 1350, lengthSeconds: 21_600, zone: "Europe/Berlin")])
        #expect(own.problems(zones: TimeZoneOffsets.seconds).isEmpty)
    }

    @Test(
        "MAINT-3 a file that is not sluice, or has another layout, is refused; the message says what a restart costs"
    )
    func binaries() {
        func judge(_ status: Int32, _ said: String) -> String? {
            BinaryCheck.judge("/x", status, said, liveSessions: 1234).problem
        }
        #expect(judge(0, BinaryGreeting.text + "\n") == nil)
        let other = judge(0, "sluice binary, layout 2\n")
        #expect(
            other?.contains("speaks layout 2") == true && other?.contains("layout \(SLUICE_LAYOUT_VERSION)") == true)
        #expect(other?.contains("ends its 1234 sessions") == true)
        #expect(judge(1, "boom\nmore")?.hasSuffix("ended with status 1 and printed 'boom'") == true)
        #expect(judge(0, "")?.contains("is not a sluice that can run here") == true)
        for (path, words) in [
            ("relative", "from the root"), ("/nowhere/sluice", "No such file"), ("/etc", "is not an executable"),
            ("/etc/passwd", "chmod +x /etc/passwd"),
        ] {
            let outcome = BinaryCheck.start(path, liveSessions: 0, now: 1).outcome(now: 1)
            #expect(outcome?.problem?.contains(words) == true, "\(outcome?.problem ?? "")")
        }
    }

    @Test("a check without an answer is ended after 5 s; one with long output does not hang")
    func helpers() throws {
        let start = ContinuousClock.now
        let loud = try HelperProgram("/bin/sh", ["sh", "-c", "seq 100000; exit 7"])
        while loud.ended() == nil { usleep(1000) }
        #expect(loud.ended() == 7 && loud.said.hasPrefix("1\n2\n") && loud.said.utf8.count == 8192)
        let silent = try HelperProgram("/bin/sleep", ["sleep", "60"])
        #expect(silent.ended() == nil)
        silent.kill()
        #expect(silent.ended() == 128 + SIGKILL && ContinuousClock.now - start < .seconds(20))
    }

    @Test("BAD-6 requests to the fleet say what is missing in them")
    func requests() throws {
        var request = ControlRequest(.instanceDrain)
        #expect(throws: GatewayError("instance-drain: \"instance\" is missing: write a number")) {
            try request.fleetCommand()
        }
        request.instance = 3
        #expect(try request.fleetCommand() == .drain(3))
        #expect(try ControlRequest(.ping).fleetCommand() == nil)
        var prescale = ControlRequest(.fleetPrescale)
        prescale.minimum = 4
        #expect(throws: GatewayError.self) { try prescale.fleetCommand() }
        prescale.maximum = 8
        #expect(try prescale.fleetCommand() == .prescale(CapacityRange(minimum: 4, maximum: 8)))
        #expect(try ControlRequest(.maintenanceStart).fleetCommand() == .startMaintenance(binary: nil, now: false))
    }

    @Test("FLEET-2 every state of the machine has a number in the shared memory, and is read back from it")
    func states() {
        for state in InstanceState.allCases { #expect(InstanceState(recordValue: state.recordValue) == state) }
    }
}

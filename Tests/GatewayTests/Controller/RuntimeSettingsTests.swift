import FlowCore
import FlowLayout
import Policy
import Testing

@testable import Gateway

@Suite struct RuntimeSettingsTests {
    @Test("PROF-2 the timeouts of states reach the kernel as ticks, scaled, and never shorter than configured")
    func timeouts() throws {
        let configuration = try Configuration.parse(
            "{ gateway: g, timeScale: 10, zones: [{ name: a, interfaces: [e1] }, { name: b, interfaces: [e2] }] }",
            file: "f")
        var runtime = sluice_runtime()
        RuntimeSettings.apply(configuration, to: &runtime, slotCount: 1024)
        #expect(runtime.halfOpenTimeoutTicks == Tick.covering(nanoseconds: 3_000_000_000))
        #expect(UInt64(runtime.halfOpenTimeoutTicks) * Tick.nanoseconds >= 3_000_000_000)
        #expect(runtime.closingTimeoutTicks == Tick.covering(nanoseconds: 12_000_000_000))
        #expect(runtime.closedTimeoutTicks == Tick.covering(nanoseconds: 1_000_000_000))
        #expect(runtime.tombstoneTimeoutTicks >= Tick.covering(nanoseconds: 1_000_000_000))
        #expect(runtime.halfOpenLimit == 256)
        // BAD-10: a source has a quarter of that by default, but at least 64. Its tally covers more time than the half-open timeout.
        #expect(runtime.halfOpenLimitPerSource == 64)
        RuntimeSettings.apply(configuration, to: &runtime, slotCount: 65_536)
        #expect(runtime.halfOpenLimit == 16_384 && runtime.halfOpenLimitPerSource == 4096)
        #expect(1 << runtime.sourceEpochShift > 2 * runtime.halfOpenTimeoutTicks)
    }

    @Test("LOG-2 the event rings carry sessions if they are logged, or if instances log them at debug level")
    func events() throws {
        let text = "{ gateway: g, zones: [{ name: a, interfaces: [e1] }, { name: b, interfaces: [e2] }]"
        let quiet = try Configuration.parse(text + " }", file: "f")
        let logging = try Configuration.parse(text + ", flowLog: { directory: /x } }", file: "f")
        var runtime = sluice_runtime()
        for (configuration, isDebugging, tells) in [
            (quiet, false, 0), (quiet, true, 1), (logging, false, 1), (quiet, false, 0),
        ] {
            RuntimeSettings.apply(configuration, to: &runtime, slotCount: 1024, isDebugging: isDebugging)
            #expect(runtime.reportsEvents == tells)
        }
    }

    @Test("BAD-2 the share of half-open sessions is a part of the capacity")
    func halfOpenShare() {
        #expect(RuntimeSettings.halfOpenLimit(slotCount: 1 << 20) == 1 << 18)
        #expect(RuntimeSettings.halfOpenLimit(slotCount: 64) == 64)
        #expect(RuntimeSettings.halfOpenLimit(slotCount: 128) == 64)
    }

    @Test("PROF-2 the interval between probes is scaled")
    func probes() {
        #expect(InstanceSettings(timeScale: 1).probeIntervalNanoseconds == 5_000_000_000)
        #expect(InstanceSettings(timeScale: 50).probeIntervalNanoseconds == 100_000_000)
    }
}

import FlowCore
import Testing

@testable import Policy

@Suite("Profiles")
struct ProfileTests {
    private let minute: UInt64 = 60_000_000_000
    private let second: UInt64 = 1_000_000_000

    private func parse(_ lines: String) throws -> Configuration {
        try Configuration.parse("zones: [{ name: a, interfaces: [eth0] }]\n" + lines, file: "f", hostName: "h")
    }

    private func refusal(_ lines: String) -> String? {
        #expect(throws: ConfigurationErrors.self, "\(lines)") { try parse(lines) }?.description
    }

    @Test("PROF-1 each profile's defaults are those of the documents")
    func defaults() {
        for profile in Profile.allCases {
            let timeouts = profile.defaults
            #expect(timeouts.northSouth == 4 * minute)
            #expect(timeouts.northSouthOnIdle == .reset)
            #expect(timeouts.eastWest == (profile == .azure2022 ? 4 : 5) * minute)
            #expect(timeouts.eastWestOnIdle == (profile == .azure2022 ? .reset : .silent))
            #expect(timeouts.halfOpen == 30 * second && timeouts.closing == 120 * second)
            #expect(timeouts.closed == 10 * second && timeouts.tombstone == 10 * second)
            #expect(timeouts.udp == 4 * minute && timeouts.icmp == 30 * second && timeouts.other == 4 * minute)
            let isSplit = profile == .azure || profile == .custom
            #expect(
                profile.drain == DrainSettings(refuse: (isSplit ? 45 : 90) * second, reset: (isSplit ? 45 : 0) * second)
            )
        }
    }

    @Test(
        "PROF-1 the north-south idle timeout is accepted within the profile's range, bounds included, and not outside it"
    )
    func northSouthRange() throws {
        let ranges: [(String, inside: [String], outside: [String])] = [
            ("azure", ["4m", "15m", "5m30s"], ["3m59s", "15m1s", "30m", "0s"]),
            ("azure-2025", ["4m", "15m"], ["3m59s", "15m1s"]),
            ("azure-2022", ["4m", "30m"], ["3m59s", "30m1s"]),
            ("custom", ["1s", "7d"], ["999ms", "7d1s"]),
        ]
        for (profile, inside, outside) in ranges {
            for value in inside {
                let timeouts = try parse("profile: \(profile)\nnorthSouthIdleTimeout: \(value)").timeouts
                #expect(timeouts.northSouth == DurationText.parse(value))
                #expect(timeouts.eastWest == (profile == "azure-2022" ? timeouts.northSouth : 5 * minute))
            }
            for value in outside {
                let message = try #require(refusal("profile: \(profile)\nnorthSouthIdleTimeout: \(value)"))
                #expect(
                    message.hasPrefix(
                        "f:3:24: northSouthIdleTimeout: \(value) is outside the range of the profile \(profile): write")
                )
            }
        }
        #expect(
            refusal("northSouthIdleTimeout: 16m")
                == "f:2:24: northSouthIdleTimeout: 16m is outside the range of the profile azure: write 4m to 15m, or use the profile custom (1s to 7d)"
        )
    }

    @Test("PROF-1 a value that the profile fixes can be written, but not changed")
    func fixed() throws {
        #expect(try parse("eastWestIdleTimeout: 5m").timeouts.eastWest == 5 * minute)
        #expect(try parse("idleReset: { eastWest: false }").timeouts.eastWestOnIdle == .silent)
        #expect(
            refusal("eastWestIdleTimeout: 6m")
                == "f:2:22: eastWestIdleTimeout: 6m is outside the range of the profile azure, which fixes eastWestIdleTimeout at 5m: remove the key, or use the profile custom"
        )
        #expect(
            refusal("idleReset: { eastWest: true }")
                == "f:2:24: idleReset.eastWest: true is outside the range of the profile azure, which fixes it at false: remove the key, or use the profile custom"
        )
        #expect(
            refusal("profile: azure-2022\nnorthSouthIdleTimeout: 10m\neastWestIdleTimeout: 5m")?.contains("at 10m")
                == true)
        for key in ["halfOpenTimeout", "closingTimeout", "closedTimeout"] {
            #expect(refusal("profile: azure-2025\n\(key): 60s")?.contains(": \(key): 1m is outside") == true)
        }
        #expect(
            refusal("drain: { refuse: 10s }")?.contains("drain.refuse: 10s is outside the range of the profile azure")
                == true)
    }

    @Test("PROF-1 custom can set everything")
    func custom() throws {
        let configuration = try parse(
            """
            profile: custom
            northSouthIdleTimeout: 10s
            eastWestIdleTimeout: 1h
            idleReset: { northSouth: false, eastWest: true }
            halfOpenTimeout: 5s
            closingTimeout: 6s
            closedTimeout: 7s
            drain: { refuse: 8s, reset: 0s }
            """)
        let timeouts = configuration.timeouts
        #expect(timeouts.northSouth == 10 * second && timeouts.eastWest == 60 * minute)
        #expect(timeouts.northSouthOnIdle == .silent && timeouts.eastWestOnIdle == .reset)
        #expect(timeouts.halfOpen == 5 * second && timeouts.closing == 6 * second && timeouts.closed == 7 * second)
        #expect(configuration.drain == DrainSettings(refuse: 8 * second, reset: 0))
    }

    @Test("PROF-2 timeScale divides every duration; the configured ones are still available")
    func timeScale() throws {
        let configuration = try parse("timeScale: 60")
        let timeouts = configuration.timeouts
        #expect(configuration.isScaled)
        #expect(timeouts.northSouth == 4 * second && timeouts.eastWest == 5 * second)
        #expect(timeouts.halfOpen == second / 2 && timeouts.closing == 2 * second)
        #expect(timeouts.closed == 166_666_667 && timeouts.tombstone == 166_666_667)
        #expect(timeouts.udp == 4 * second && timeouts.icmp == second / 2 && timeouts.other == 4 * second)
        #expect(timeouts.northSouthOnIdle == .reset && timeouts.eastWestOnIdle == .silent)
        #expect(configuration.drain == DrainSettings(refuse: 750_000_000, reset: 750_000_000))
        #expect(configuration.unscaledTimeouts == Profile.azure.defaults)
        #expect(try parse("timeScale: 2.5").timeouts.northSouth == 96 * second)
        for value in ["0", "-1", "0.5", "1001", "nan", "fast"] {
            #expect(
                refusal("timeScale: \(value)")?.contains("timeScale: \"\(value)\" is not a number from 1 to 1000")
                    == true)
        }
    }
}

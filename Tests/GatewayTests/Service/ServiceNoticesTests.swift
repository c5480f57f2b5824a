import Testing

@testable import Gateway

/// The messages to a service manager, in virtual time.
@Suite struct ServiceNoticesTests {
    private static let second: UInt64 = 1_000_000_000

    /// Runs the loop at these moments, in nanoseconds, and collects what is sent.
    private func iterate(
        _ notices: inout ServiceNotices, at times: [UInt64], isReloading: Bool = false, line: String = "",
        isTaken: Bool = true
    ) -> [String] {
        var sent: [String] = []
        for time in times {
            notices.iterate(now: time, isReloading: isReloading, line: line) {
                sent.append($0)
                return isTaken
            }
        }
        return sent
    }

    @Test("PKG-2 a watchdog message after half of the manager's timeout, and only from the loop's iterations")
    func watchdog() {
        var notices = ServiceNotices(environment: ["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "7"], process: 7)
        #expect(notices.watchdogInterval == 5 * Self.second)
        let times = (0...20).map { 100 * Self.second + UInt64($0) * Self.second }
        #expect(iterate(&notices, at: times).count { $0 == "WATCHDOG=1" } == 5)
        // A loop that hung for a minute has sent nothing, and sends one message now.
        #expect(iterate(&notices, at: [180 * Self.second]) == ["WATCHDOG=1"])
    }

    @Test(
        "PKG-2 a process that is not watched sends no watchdog message",
        arguments: [
            [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "soon"], ["WATCHDOG_USEC": "18446744073709551615"],
            ["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "8"], ["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "x"],
        ] as [[String: String]])
    func unwatched(environment: [String: String]) {
        var notices = ServiceNotices(environment: environment, process: 7)
        #expect(iterate(&notices, at: [0, 100 * Self.second]).isEmpty)
    }

    @Test("PKG-2 a manager without WATCHDOG_PID watches every process of the service")
    func watchedAll() {
        #expect(ServiceNotices(environment: ["WATCHDOG_USEC": "2000000"], process: 7).watchdogInterval == Self.second)
    }

    @Test("PKG-2 a reload begins and ends; the status line is sent when it changes, once a second at most")
    func reloadAndStatus() {
        var notices = ServiceNotices(environment: [:], process: 7)
        #expect(iterate(&notices, at: [5_000_000], isReloading: true) == ["RELOADING=1\nMONOTONIC_USEC=5000"])
        #expect(iterate(&notices, at: [6_000_000], isReloading: true).isEmpty)
        #expect(iterate(&notices, at: [7_000_000]) == ["READY=1"])
        #expect(iterate(&notices, at: [Self.second / 2], line: "Healthy").isEmpty, "checked less than 1 s ago")
        #expect(iterate(&notices, at: [2 * Self.second, 4 * Self.second], line: "Healthy") == ["STATUS=Healthy"])
        #expect(iterate(&notices, at: [6 * Self.second], line: "Degraded") == ["STATUS=Degraded"])
    }

    @Test("PKG-2 what a manager does not accept is sent again in the next iteration")
    func notTaken() {
        var notices = ServiceNotices(environment: ["WATCHDOG_USEC": "2000000"], process: 7)
        let all = ["RELOADING=1\nMONOTONIC_USEC=1000000", "STATUS=Healthy", "WATCHDOG=1"]
        #expect(iterate(&notices, at: [Self.second], isReloading: true, line: "Healthy", isTaken: false) == all)
        #expect(iterate(&notices, at: [Self.second], isReloading: true, line: "Healthy") == all)
        #expect(iterate(&notices, at: [Self.second], isReloading: true, line: "Healthy").isEmpty)
    }

    @Test("PKG-2 the status line: health, serving instances, sessions, and the first problem in one line")
    func line() {
        #expect(
            ServiceNotices.line(problem: nil, problems: 0, serving: 2, desired: 2, sessions: 40)
                == "Healthy: 2 of 2 instances serve, 40 sessions")
        #expect(
            ServiceNotices.line(problem: "eth1 is gone\nmore", problems: 2, serving: 1, desired: 2, sessions: 0)
                == "Degraded: 1 of 2 instances serve, 0 sessions; eth1 is gone (and 1 more: 'sluice status')")
        let long = ServiceNotices.line(
            problem: String(repeating: "x", count: 9000), problems: 1, serving: 1, desired: 2, sessions: 0)
        #expect(long.count < 300 && long.hasSuffix("x..."))
    }
}

/// What is reported of a gateway to a service manager, and when (PKG-2; sd_notify(3)). Pure: the socket is ``ServiceNotification``'s.
///
/// The loop asks at each of its turns, and nobody else does: so a loop that stands still gives no sign of life, and the manager starts
/// the controller anew.
struct ServiceNotices {
    /// Between two signs of life, in nanoseconds: half of what the manager waits. Nil: it does not watch this process.
    let watchdogInterval: UInt64?
    private var nextSign: UInt64 = 0
    /// Between two looks at the status line.
    static let statusInterval: UInt64 = 1_000_000_000
    private var nextStatus: UInt64 = 0
    private var status = ""
    private var isReloading = false

    /// - Parameters:
    ///   - environment: `WATCHDOG_USEC`, microseconds, and `WATCHDOG_PID`, whom the manager watches; all processes, where it is not there.
    ///   - process: this one.
    init(environment: [String: String], process: Int32) {
        let isMeant = environment["WATCHDOG_PID"].map { Int32($0) == process } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { UInt64($0) } ?? 0
        let (nanoseconds, isTooLong) = microseconds.multipliedReportingOverflow(by: 500)
        watchdogInterval = isMeant && microseconds > 0 && !isTooLong ? nanoseconds : nil
    }

    /// What is due. A message that is not taken is due again at the next turn.
    ///
    /// - Parameters:
    ///   - now: CLOCK_MONOTONIC, nanoseconds, as the manager reads it.
    ///   - isReloading: whether a reload is on its way.
    ///   - line: how the gateway is, in a line; asked for once a second.
    ///   - send: sends a message; false: it was not taken.
    mutating func turn(now: UInt64, isReloading: Bool, line: @autoclosure () -> String, send: (String) -> Bool) {
        if isReloading != self.isReloading {
            let message = isReloading ? "RELOADING=1\nMONOTONIC_USEC=\(now / 1000)" : "READY=1"
            if send(message) { self.isReloading = isReloading }
        }
        if now >= nextStatus {
            let current = line()
            if current == status || send("STATUS=\(current)") {
                status = current
                nextStatus = now + Self.statusInterval
            }
        }
        if let watchdogInterval, now >= nextSign, send("WATCHDOG=1") { nextSign = now + watchdogInterval }
    }

    /// How the gateway is, for `systemctl status`.
    ///
    /// - Parameter problem: the first of what is wrong.
    static func line(problem: String?, problems: Int, serving: Int, desired: Int, sessions: Int) -> String {
        var line = problems == 0 ? "Healthy" : "Degraded"
        line += ": \(serving) of \(desired) instances serve, \(sessions) sessions"
        guard let problem else { return line }
        let first = problem.split(separator: "\n").first.map(String.init) ?? ""
        line += "; " + (first.count > longestProblem ? first.prefix(longestProblem) + "..." : first)
        return problems == 1 ? line : line + " (and \(problems - 1) more: 'sluice status')"
    }

    private static let longestProblem = 200

    /// What a slow start says before each of its steps: it goes on, and this one may take so long.
    static func starting(_ step: String, seconds: Int = 60) -> String {
        "STATUS=Starting: \(step)\nEXTEND_TIMEOUT_USEC=\(seconds * 1_000_000)"
    }
}

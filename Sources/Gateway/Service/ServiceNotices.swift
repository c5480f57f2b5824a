/// What is reported about a gateway to a service manager, and when (PKG-2; sd_notify(3)). Pure: ``ServiceNotification`` has the socket.
///
/// Only the controller's loop calls it, in each iteration. So a loop that hangs sends no watchdog message, and the manager restarts the
/// controller.
struct ServiceNotices {
    /// Nanoseconds between two watchdog messages: half of the manager's timeout. Nil: it does not watch this process.
    let watchdogInterval: UInt64?
    private var nextSign: UInt64 = 0
    /// Nanoseconds between two checks of the status line.
    static let statusInterval: UInt64 = 1_000_000_000
    private var nextStatus: UInt64 = 0
    private var status = ""
    private var isReloading = false

    /// - Parameters:
    ///   - environment: `WATCHDOG_USEC`, microseconds, and `WATCHDOG_PID`, the process that is watched; if it is not set, all are.
    ///   - process: this one.
    init(environment: [String: String], process: Int32) {
        let isMeant = environment["WATCHDOG_PID"].map { Int32($0) == process } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { UInt64($0) } ?? 0
        let (nanoseconds, isTooLong) = microseconds.multipliedReportingOverflow(by: 500)
        watchdogInterval = isMeant && microseconds > 0 && !isTooLong ? nanoseconds : nil
    }

    /// Sends what is due. A message that is not accepted is due again in the next iteration.
    ///
    /// - Parameters:
    ///   - now: CLOCK_MONOTONIC, nanoseconds, as the manager reads it.
    ///   - isReloading: whether a reload is in progress.
    ///   - line: the state of the gateway in one line; evaluated once a second.
    ///   - send: sends a message; false: it was not accepted.
    mutating func iterate(now: UInt64, isReloading: Bool, line: @autoclosure () -> String, send: (String) -> Bool) {
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

    /// The state of the gateway, for `systemctl status`.
    ///
    /// - Parameter problem: the first of the present problems.
    static func line(problem: String?, problems: Int, serving: Int, desired: Int, sessions: Int) -> String {
        var line = problems == 0 ? "Healthy" : "Degraded"
        line += ": \(serving) of \(desired) instances serve, \(sessions) sessions"
        guard let problem else { return line }
        let first = problem.split(separator: "\n").first.map(String.init) ?? ""
        line += "; " + (first.count > longestProblem ? first.prefix(longestProblem) + "..." : first)
        return problems == 1 ? line : line + " (and \(problems - 1) more: 'sluice status')"
    }

    private static let longestProblem = 200

    /// The message of a slow start before each of its steps: the start continues, and this step may take the given time.
    static func starting(_ step: String, seconds: Int = 60) -> String {
        "STATUS=Starting: \(step)\nEXTEND_TIMEOUT_USEC=\(seconds * 1_000_000)"
    }
}

internal import Fleet
import Glibc
internal import Kernel

extension ServiceNotices {
    /// With the settings of the service manager for this process.
    static func ofThisProcess() -> ServiceNotices {
        var environment: [String: String] = [:]
        for name in ["WATCHDOG_USEC", "WATCHDOG_PID"] { environment[name] = getenv(name).map { String(cString: $0) } }
        return ServiceNotices(environment: environment, process: getpid())
    }
}

extension RunningGateway {
    /// Reports the gateway's state to the service manager, in each iteration of the loop.
    func notifyService(now: UInt64) {
        notices.iterate(now: now, isReloading: !reloading.isIdle, line: serviceLine) {
            ServiceNotification.send($0, waits: false)
        }
    }

    private var serviceLine: String {
        let view = fleet.machine.view
        return ServiceNotices.line(
            problem: problems.min { $0.key < $1.key }?.value, problems: problems.count,
            serving: view.instances.count { $0.state == .serving }, desired: view.desired, sessions: fleet.sessions)
    }
}

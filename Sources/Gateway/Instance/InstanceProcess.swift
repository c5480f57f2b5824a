internal import FlowLayout
import Glibc
internal import Kernel

/// The process of one instance: `sluice instance`.
package enum InstanceProcess {
    /// How long to wait for an earlier process of the same instance to be gone.
    static let patienceNanoseconds: UInt64 = 3_000_000_000

    /// Serves as an instance of a gateway that is in the kernel, until SIGTERM.
    ///
    /// - Parameter root: where the run directory is.
    package static func run(
        _ settings: InstanceSettings, root: String = RunDirectory.standardRoot
    ) throws(InstanceError) {
        let limit = Int(SLUICE_MAX_INSTANCES) - 1
        guard (1...limit).contains(Int(settings.identifier)) else {
            throw .identifierOutOfRange(settings.identifier, limit: limit)
        }
        SignalPipe.ignoreBrokenPipes()
        let log = Log(label: "instance-\(settings.identifier)", threshold: Log.levelFromEnvironment)
        let directory = RunDirectory(gateway: settings.gateway, root: root)
        let signals: SignalPipe
        do throws(SystemError) {
            signals = try SignalPipe(catching: [SIGTERM, SIGINT])
            try directory.create()
        } catch {
            throw .system(error)
        }
        // Two processes with the same slabs would put slots back twice.
        let lock = try lockInstance(directory, settings.identifier)
        defer { withExtendedLifetime(lock) {} }
        do throws(KernelError) {
            let datapath = try Datapath.open(gateway: settings.gateway)
            try InstanceLoop(settings: settings, datapath: datapath, signals: signals, log: log).run()
        } catch {
            throw .kernel("\(error)")
        }
    }

    private static func lockInstance(
        _ directory: RunDirectory, _ identifier: UInt16
    ) throws(InstanceError) -> ProcessLock {
        let deadline = MonotonicClock.nanoseconds() + patienceNanoseconds
        while true {
            do throws(ProcessLock.Failure) {
                return try ProcessLock(path: directory.instanceLockPath(identifier))
            } catch {
                switch error {
                case .system(let error): throw .system(error)
                case .held(let holder):
                    guard MonotonicClock.nanoseconds() < deadline else {
                        throw .taken(identifier: identifier, processIdentifier: holder)
                    }
                    usleep(20_000)
                }
            }
        }
    }
}

internal import FlowLayout
import Glibc
internal import Kernel

/// The process of one instance: `sluice instance`.
package enum InstanceProcess {
    /// Timeout for the end of an earlier process of the same instance.
    static let patienceNanoseconds: UInt64 = 3_000_000_000

    /// Serves as an instance of a gateway that is in the kernel, until SIGTERM.
    ///
    /// - Parameters:
    ///   - gateway: its name, by which the pins and the run directory are found.
    ///   - identifier: of the instance, whose slabs this process owns.
    ///   - root: where the run directory is.
    package static func run(
        gateway: String, identifier: UInt16, root: String = RunDirectory.standardRoot
    ) throws(InstanceError) {
        let limit = Int(SLUICE_MAX_INSTANCES) - 1
        guard (1...limit).contains(Int(identifier)) else {
            throw .identifierOutOfRange(identifier, limit: limit)
        }
        SignalPipe.ignoreBrokenPipes()
        // SIGUSR2 is meant for the controller; an operator may send it to the whole service.
        _ = signal(SIGUSR2, SIG_IGN)
        let log = Log(label: "instance-\(identifier)", threshold: Log.levelFromEnvironment)
        defer { log.output.flush() }
        let directory = RunDirectory(gateway: gateway, root: root)
        let signals: SignalPipe
        do throws(SystemError) {
            signals = try SignalPipe(catching: [SIGTERM, SIGINT, SIGHUP])
            try directory.create()
        } catch {
            throw .system(error)
        }
        // Two processes with the same slabs would release slots twice.
        let lock = try lockInstance(directory, identifier)
        defer { withExtendedLifetime(lock) {} }
        do throws(KernelError) {
            let datapath = try Datapath.open(gateway: gateway)
            let loop = try InstanceLoop(
                identifier: identifier, datapath: datapath, directory: directory, signals: signals, log: log
            ) {
                let written = try? directory.read(InstanceSettings.self, from: directory.instanceSettingsPath)
                return written ?? InstanceSettings()
            }
            loop.run()
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

/// Why an instance process can't start.
package enum InstanceError: Error, CustomStringConvertible {
    case kernel(String)
    case system(SystemError)
    /// Another process is this instance already.
    case taken(identifier: UInt16, processIdentifier: Int32?)
    /// The kernel's tables have no such instance.
    case identifierOutOfRange(UInt16, limit: Int)

    package var description: String {
        switch self {
        case .kernel(let message): return message
        case .system(let error): return "\(error)"
        case .taken(let identifier, let processIdentifier):
            let holder = processIdentifier.map { "process \($0)" } ?? "another process"
            return "\(holder) is instance \(identifier) already: end it first, or let the controller do so"
        case .identifierOutOfRange(let identifier, let limit):
            return "instance \(identifier) is not possible: identifiers are 1 to \(limit)"
        }
    }
}

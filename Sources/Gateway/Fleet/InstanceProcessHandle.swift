internal import Fleet
internal import FlowLayout
import Glibc
internal import Kernel

/// The controller's handle on the process of an instance. This controller or an earlier one started it.
final class InstanceProcessHandle {
    let identity: ProcessIdentity
    /// Whether this controller started it. Then it reaps the process and receives its exit status.
    let isChild: Bool
    /// CLOCK_MONOTONIC, nanoseconds, before its start; 0: an earlier controller started it.
    let startedAt: UInt64
    private let lockPath: String
    private var end: ProcessEnd?

    private init(identity: ProcessIdentity, isChild: Bool, startedAt: UInt64, lockPath: String) {
        self.identity = identity
        self.isChild = isChild
        self.startedAt = startedAt
        self.lockPath = lockPath
    }

    /// Starts the process of an instance in a new terminal session, so that neither a Ctrl-C nor the end of the controller reaches it.
    ///
    /// - Parameter binary: nil: the program of this process.
    static func start(
        gateway: String, identifier: UInt16, binary: String?, lockPath: String
    ) throws(SystemError) -> InstanceProcessHandle {
        let startedAt = MonotonicClock.nanoseconds()
        let process = try ProgramStart.inOwnSession(
            binary ?? "/proc/self/exe",
            ["sluice", "instance-process", "--gateway", gateway, "--identifier", "\(identifier)"])
        // If it has died at once, the next check finds that.
        let identity =
            ProcessIdentity.current(process) ?? ProcessIdentity(identifier: process, startTicks: UInt64.max)
        return InstanceProcessHandle(identity: identity, isChild: true, startedAt: startedAt, lockPath: lockPath)
    }

    /// The process that already serves as the instance, if there is one: it holds the instance's lock.
    static func adopt(lockPath: String) -> InstanceProcessHandle? {
        guard ProcessLock.isHeld(path: lockPath), let holder = ProcessLock.holder(path: lockPath),
            let identity = ProcessIdentity.current(holder)
        else { return nil }
        return InstanceProcessHandle(identity: identity, isChild: false, startedAt: 0, lockPath: lockPath)
    }

    /// Whether its record says that it serves.
    func hasBegun(_ record: UnsafeMutablePointer<sluice_instance>) -> Bool {
        Int32(bitPattern: sluice_load32(&record.pointee.processIdentifier)) == identity.identifier
            && sluice_load64(&record.pointee.startedNanoseconds) >= startedAt
    }

    /// How it ended; nil while it runs.
    func ended() -> ProcessEnd? {
        if let end { return end }
        if isChild {
            var status: Int32 = 0
            if waitpid(identity.identifier, &status, WNOHANG) == identity.identifier {
                let signal = status & 0x7F
                end = signal == 0 ? .exited(status: status >> 8 & 0xFF) : .signalled(signal)
            }
        } else if !identity.isAlive {
            // Only its parent receives the exit status.
            end = .exited(status: 0)
        }
        return end
    }

    func send(_ signal: Int32) {
        if ended() == nil, identity.isAlive { kill(identity.identifier, signal) }
    }
}

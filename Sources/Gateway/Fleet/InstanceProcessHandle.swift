internal import Fleet
internal import FlowLayout
import Glibc
internal import Kernel

/// The process of an instance, as the controller holds it: started by itself, or by a controller before it.
final class InstanceProcessHandle {
    let identity: ProcessIdentity
    /// Whether this controller started it, and so has to bury it, and learns how it ended.
    let isChild: Bool
    /// CLOCK_MONOTONIC, nanoseconds, before it ran; 0: an earlier controller started it.
    let startedAt: UInt64
    private let lockPath: String
    private var end: ProcessEnd?

    private init(identity: ProcessIdentity, isChild: Bool, startedAt: UInt64, lockPath: String) {
        self.identity = identity
        self.isChild = isChild
        self.startedAt = startedAt
        self.lockPath = lockPath
    }

    /// Starts the process of an instance, in a session of its own, so that neither a Ctrl-C nor the end of the controller
    /// reaches it.
    ///
    /// - Parameter binary: nil: this very program.
    static func start(
        gateway: String, identifier: UInt16, binary: String?, lockPath: String
    ) throws(SystemError) -> InstanceProcessHandle {
        let startedAt = MonotonicClock.nanoseconds()
        let process = try ProgramStart.inOwnSession(
            binary ?? "/proc/self/exe",
            ["sluice", "instance-process", "--gateway", gateway, "--identifier", "\(identifier)"])
        // One that has died at once is found dead by the next look.
        let identity =
            ProcessIdentity.current(process) ?? ProcessIdentity(identifier: process, startTicks: UInt64.max)
        return InstanceProcessHandle(identity: identity, isChild: true, startedAt: startedAt, lockPath: lockPath)
    }

    /// The process that serves as an instance already, if there is one: it has the instance's lock.
    static func adopt(lockPath: String) -> InstanceProcessHandle? {
        guard ProcessLock.isHeld(path: lockPath), let holder = ProcessLock.holder(path: lockPath),
            let identity = ProcessIdentity.current(holder)
        else { return nil }
        return InstanceProcessHandle(identity: identity, isChild: false, startedAt: 0, lockPath: lockPath)
    }

    /// Whether its record says that it has taken up its work.
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
            // Whoever started it was told how.
            end = .exited(status: 0)
        }
        return end
    }

    func send(_ signal: Int32) {
        if ended() == nil, identity.isAlive { kill(identity.identifier, signal) }
    }
}

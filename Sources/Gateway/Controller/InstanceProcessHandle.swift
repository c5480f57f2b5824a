internal import FlowLayout
import Glibc
internal import Kernel

/// The process of an instance, as the controller holds it: started by itself, or by a controller before it.
struct InstanceProcessHandle {
    let identity: ProcessIdentity
    /// Whether this controller started it, and so has to bury it.
    let isChild: Bool

    /// POSIX_SPAWN_SETSID of spawn.h, which the importer does not show.
    private static let newSession: Int16 = 0x80

    /// Starts the process of an instance: this very program, in a session of its own, so that neither a Ctrl-C nor the end
    /// of the controller reaches it.
    static func start(gateway: String, identifier: UInt16) throws(SystemError) -> InstanceProcessHandle {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        // Standard output is the controller's answer to whoever started it; whoever reads it must see it end.
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, newSession)
        let arguments = ["sluice", "instance", "--gateway", gateway, "--identifier", "\(identifier)"]
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var process: pid_t = 0
        let errorNumber = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, pointers, environ)
        guard errorNumber == 0 else {
            throw SystemError("starting instance \(identifier)", errorNumber: errorNumber)
        }
        // One that has died at once is found dead by the next look.
        let identity =
            ProcessIdentity.current(process) ?? ProcessIdentity(identifier: process, startTicks: UInt64.max)
        return InstanceProcessHandle(identity: identity, isChild: true)
    }

    /// The process that serves as an instance already, if there is one: it has the instance's lock, and its record names it.
    static func adopt(
        record: UnsafeMutablePointer<sluice_instance>, lockPath: String
    ) -> InstanceProcessHandle? {
        let recorded = Int32(bitPattern: sluice_load32(&record.pointee.processIdentifier))
        guard recorded > 0, ProcessLock.isHeld(path: lockPath), ProcessLock.holder(path: lockPath) == recorded,
            let identity = ProcessIdentity.current(recorded)
        else { return nil }
        return InstanceProcessHandle(identity: identity, isChild: false)
    }

    /// Whether it still runs; a child that has ended is buried.
    func isAlive() -> Bool {
        if isChild {
            var status: Int32 = 0
            if waitpid(identity.identifier, &status, WNOHANG) == identity.identifier { return false }
        }
        return identity.isAlive
    }

    func send(_ signal: Int32) {
        if identity.isAlive { kill(identity.identifier, signal) }
    }

    /// Ends it: asks it to, and after a while does not ask any more.
    ///
    /// - Parameter patienceNanoseconds: how long it may take before it is killed.
    func end(patienceNanoseconds: UInt64) {
        send(SIGTERM)
        let deadline = MonotonicClock.nanoseconds() + patienceNanoseconds
        var isKilled = false
        while isAlive() {
            if !isKilled && MonotonicClock.nanoseconds() >= deadline {
                send(SIGKILL)
                isKilled = true
            }
            usleep(5_000)
        }
    }
}

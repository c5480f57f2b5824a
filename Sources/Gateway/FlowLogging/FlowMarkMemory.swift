internal import FlowLayout
internal import FlowLog
import Glibc

/// The marks of all slots, in a file of the run directory that is mapped: they outlive the instance process, as the sessions
/// do, and go with the gateway.
///
/// All instances share it. A slot's mark is written by the owner of its slab alone, and goes to the next owner with the slab.
final class FlowMarkMemory {
    /// What the memory belongs to. The marks of another datapath's sessions mean nothing.
    private struct Header: Equatable {
        /// Raised with every change of ``FlowMark``.
        var version: UInt64 = 2
        var identity: UInt64
        var slotCount: UInt64
    }

    private static let headerBytes = 4096
    private static let lockPatienceMicroseconds: UInt32 = 2_000_000
    /// Where the shared counts are, behind the header.
    private static let toldOffset = 64

    let marks: UnsafeMutablePointer<FlowMark>
    private let memory: UnsafeMutableRawPointer
    private let bytes: Int

    /// - Parameter identity: the datapath's, random, and so its name.
    init(path: String, slotCount: Int, identity: UInt64) throws(SystemError) {
        bytes = Self.headerBytes + slotCount * MemoryLayout<FlowMark>.stride
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("opening \(path)") }
        defer { close(descriptor) }
        // Instances that start together don't clear each other's marks. The lock is let go of explicitly: it would stay as long
        // as the file is mapped, though its descriptor is closed.
        try Self.lock(descriptor, path)
        defer { flock(descriptor, LOCK_UN) }
        guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw SystemError("making \(path)") }
        // Taken now: a page that can't be had later would be a signal instead of an error.
        let refused = posix_fallocate(descriptor, 0, off_t(bytes))
        guard refused == 0 else { throw SystemError("making \(path)", errorNumber: refused) }
        guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw SystemError("mapping \(path)") }
        self.memory = memory
        marks = (memory + Self.headerBytes).bindMemory(to: FlowMark.self, capacity: slotCount)
        let header = memory.bindMemory(to: Header.self, capacity: 1)
        let wanted = Header(identity: identity, slotCount: UInt64(slotCount))
        if header.pointee != wanted {
            memset(memory, 0, bytes)
            header.pointee = wanted
        }
    }

    /// How far the log has reported a count that the kernel keeps for all instances together.
    enum Told: Int {
        case suppressedDenies = 0
        case lostEvents = 1
    }

    /// What has come to a count of the kernel's since any instance asked last: one of them gets it, and logs it.
    func new(_ told: Told, of count: UInt64) -> UInt64 {
        let place = (memory + Self.toldOffset).assumingMemoryBound(to: UInt64.self) + told.rawValue
        while true {
            let before = sluice_load64(place)
            guard count > before else { return 0 }
            if sluice_compare_exchange64(place, before, count) == before { return count - before }
        }
    }

    /// Another instance has it for a moment only; one that is stopped in that moment is not waited for for ever.
    private static func lock(_ descriptor: Int32, _ path: String) throws(SystemError) {
        let rest: UInt32 = 5_000
        var waited: UInt32 = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EINTR || (errno == EWOULDBLOCK && waited < lockPatienceMicroseconds) else {
                throw SystemError("locking \(path)")
            }
            usleep(rest)
            waited += rest
        }
    }

    deinit { munmap(memory, bytes) }
}

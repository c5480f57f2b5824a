internal import FlowLayout
internal import FlowLog
import Glibc

/// The records of all slots, in a mapped file of the run directory. Like the sessions, they stay when the instance process ends, and go
/// with the gateway.
///
/// All instances share it. Only the owner of a slab writes the records of its slots; they go to the next owner with the slab.
final class SlotRecordMemory {
    /// Identifies the datapath that the memory belongs to. Marks of another datapath's sessions have no meaning.
    private struct Header: Equatable {
        /// Raised with every change of ``SlotRecord``.
        var version: UInt64 = 2
        var identity: UInt64
        var slotCount: UInt64
    }

    private static let headerBytes = 4096
    private static let lockPatienceMicroseconds: UInt32 = 2_000_000
    /// The offset of the shared counts, after the header.
    private static let reportedOffset = 64

    let records: UnsafeMutablePointer<SlotRecord>
    private let memory: UnsafeMutableRawPointer
    private let bytes: Int

    /// - Parameter identity: the random number that identifies the datapath.
    init(path: String, slotCount: Int, identity: UInt64) throws(SystemError) {
        bytes = Self.headerBytes + slotCount * MemoryLayout<SlotRecord>.stride
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemError("opening \(path)") }
        defer { close(descriptor) }
        // Instances that start together must not clear each other's records. The lock is released explicitly: otherwise it would be held as
        // long as the file is mapped, although its descriptor is closed.
        try Self.lock(descriptor, path)
        defer { flock(descriptor, LOCK_UN) }
        guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw SystemError("making \(path)") }
        // Allocated now: if a page can't be allocated later, the result would be a signal instead of an error.
        let refused = posix_fallocate(descriptor, 0, off_t(bytes))
        guard refused == 0 else { throw SystemError("making \(path)", errorNumber: refused) }
        guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw SystemError("mapping \(path)") }
        self.memory = memory
        records = (memory + Self.headerBytes).bindMemory(to: SlotRecord.self, capacity: slotCount)
        let header = memory.bindMemory(to: Header.self, capacity: 1)
        let wanted = Header(identity: identity, slotCount: UInt64(slotCount))
        if header.pointee != wanted {
            memset(memory, 0, bytes)
            header.pointee = wanted
        }
    }

    /// The counts that the kernel keeps for all instances together, and that one of them logs.
    enum Reported: Int {
        case suppressedDenies = 0
        case lostEvents = 1
    }

    /// The increase of a kernel's count since any instance last asked. One of them gets it, and logs it.
    func new(_ reported: Reported, of count: UInt64) -> UInt64 {
        let place = (memory + Self.reportedOffset).assumingMemoryBound(to: UInt64.self) + reported.rawValue
        while true {
            let before = sluice_load64(place)
            guard count > before else { return 0 }
            if sluice_compare_exchange64(place, before, count) == before { return count - before }
        }
    }

    /// Another instance holds it only for a moment. If that instance is stopped meanwhile, this does not wait forever.
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

internal import CLibBPF
package import FlowLayout
import Glibc
import Synchronization

/// The time stamps of sessions that may be probed (FlowCore.TimestampTracking): a hash table of the kernel's, by slot.
///
/// Its buckets alone take 1 MiB, so it is made only when a policy comes that may probe. A map's size is fixed, and the kernel program's maps
/// are made when it is loaded; so the program has a place for the table (`sluice_timestamps`), which is empty until then. Once made it stays:
/// sessions of an earlier policy may still have their time stamps in it.
final class TimestampTable: Sendable {
    /// Sessions whose time stamps it has room for; those of others are not kept. The kernel allots an element when it is needed.
    private static let capacity: UInt32 = 65536

    /// The table's own name in the pins: by the identifier that the place gives, the kernel gives a map only to CAP_SYS_ADMIN.
    private static let mark = "timestamps"

    private let place: KernelMap
    private let pins: PinDirectory?
    /// Nil as long as this process has not found it.
    private let table = Mutex<KernelMap?>(nil)

    init(place: KernelMap, pins: PinDirectory?) {
        self.place = place
        self.pins = pins
    }

    /// The table; nil where there is none.
    var current: KernelMap? {
        table.withLock { table in
            if table == nil { table = try? find() }
            return table
        }
    }

    /// Makes the table, if it is not there.
    func make() throws(KernelError) {
        if current != nil { return }
        let number = try SystemCall.check("making the table of time stamps") {
            withZeroed(bpf_map_create_opts.self) { options in
                options.pointee.sz = MemoryLayout<bpf_map_create_opts>.size
                options.pointee.map_flags = UInt32(BPF_F_NO_PREALLOC)
                return bpf_map_create(
                    BPF_MAP_TYPE_HASH, "sluice_stamps", UInt32(MemoryLayout<UInt32>.size),
                    UInt32(MemoryLayout<sluice_timestamps>.size), Self.capacity, options)
            }
        }
        let made = try KernelMap(name: MapName.timestamps, descriptor: FileDescriptor(number))
        // First the name: a table that is entered can be found.
        try pins?.markMap(Self.mark, with: number)
        try SystemCall.check("entering the table of time stamps") {
            var key: UInt32 = 0
            var value = number
            return bpf_map_update_elem(place.fileDescriptor, &key, &value, 0)
        }
        table.withLock { $0 = made }
    }

    /// The table that is entered, by its name; one that has a name only was being made when the process died.
    private func find() throws(KernelError) -> KernelMap? {
        var key: UInt32 = 0
        var identifier: UInt32 = 0
        guard bpf_map_lookup_elem(place.fileDescriptor, &key, &identifier) == 0,
            let map = try pins?.markedMap(Self.mark, name: MapName.timestamps), map.identifier == identifier
        else { return nil }
        return map
    }
}

extension Datapath {
    /// Has the kernel program keep the time stamps of sessions that may be probed. Call it before a policy judges that has such sessions.
    package func keepTimestamps() throws(KernelError) { try timestampTable.make() }

    /// What the time stamp clocks of a session's ends showed last; nil where nothing is kept.
    package func timestamps(slot: UInt32) -> sluice_timestamps? {
        guard let table = timestampTable.current else { return nil }
        var stamps = sluice_timestamps()
        let isKept =
            (try? withUnsafeMutableBytes(of: &stamps) { memory in try table.lookup(slot, into: memory) }) != nil
        return isKept ? stamps : nil
    }

    /// Gives the memory of a slot's time stamps back.
    package func removeTimestamps(slot: UInt32) { timestampTable.current?.remove(slot) }

    /// Bytes of kernel memory that time stamps take, by fdinfo.
    package func timestampBytes() -> Int {
        map(MapName.timestamps).memoryBytes() + (timestampTable.current?.memoryBytes() ?? 0)
    }
}

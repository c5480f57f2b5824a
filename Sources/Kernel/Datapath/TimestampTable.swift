internal import CLibBPF
package import FlowLayout
import Glibc
import Synchronization

/// The time stamps of sessions that may be probed (FlowCore.TimestampTracking): a hash table in the kernel, by slot.
///
/// Its buckets alone take 1 MiB, so it is created only with the first policy that may probe. A map's size is fixed, and
/// the kernel program's maps are created when it is loaded. So the program has an outer map for the table
/// (`sluice_timestamps`), which is empty until then. Once created, the table stays: sessions of an earlier policy may
/// still have their time stamps in it.
final class TimestampTable: Sendable {
    /// The number of sessions whose time stamps fit. Further time stamps are not stored. The kernel allocates an
    /// element when it is needed.
    private static let capacity: UInt32 = 65536

    /// The table's own name in the pins: the outer map returns only an identifier, and only with CAP_SYS_ADMIN does the
    /// kernel open a map by its identifier.
    private static let mark = "timestamps"

    private let place: KernelMap
    private let pins: PinDirectory?
    /// Nil as long as this process has not found it.
    private let table = Mutex<KernelMap?>(nil)

    init(place: KernelMap, pins: PinDirectory?) {
        self.place = place
        self.pins = pins
    }

    /// The table; nil if there is none.
    var current: KernelMap? {
        table.withLock { table in
            if table == nil { table = try? find() }
            return table
        }
    }

    /// Creates the table if there is none.
    func make() throws(KernelError) {
        if current != nil { return }
        let number = try SystemCall.check("creating the table of time stamps") {
            withZeroed(bpf_map_create_opts.self) { options in
                options.pointee.sz = MemoryLayout<bpf_map_create_opts>.size
                options.pointee.map_flags = UInt32(BPF_F_NO_PREALLOC)
                return bpf_map_create(
                    BPF_MAP_TYPE_HASH, "sluice_stamps", UInt32(MemoryLayout<UInt32>.size),
                    UInt32(MemoryLayout<sluice_timestamps>.size), Self.capacity, options)
            }
        }
        let made = try KernelMap(name: MapName.timestamps, descriptor: FileDescriptor(number))
        // The name comes first: a table that is inserted can then be found.
        try pins?.markMap(Self.mark, with: number)
        try SystemCall.check("inserting the table of time stamps") {
            var key: UInt32 = 0
            var value = number
            return bpf_map_update_elem(place.fileDescriptor, &key, &value, 0)
        }
        table.withLock { $0 = made }
    }

    /// The inserted table, by its name. A table that only has a name was being created when the process was killed.
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
    /// Makes the kernel program store the time stamps of sessions that may be probed. Call it before a policy with such
    /// sessions is used.
    package func keepTimestamps() throws(KernelError) { try timestampTable.make() }

    /// The last time stamps of a session's ends; nil if nothing is stored.
    package func timestamps(slot: UInt32) -> sluice_timestamps? {
        guard let table = timestampTable.current else { return nil }
        var stamps = sluice_timestamps()
        let isKept =
            (try? withUnsafeMutableBytes(of: &stamps) { memory in try table.lookup(slot, into: memory) }) != nil
        return isKept ? stamps : nil
    }

    /// Frees the memory of a slot's time stamps.
    package func removeTimestamps(slot: UInt32) { timestampTable.current?.remove(slot) }

    /// Bytes of kernel memory for time stamps, from fdinfo.
    package func timestampBytes() -> Int {
        map(MapName.timestamps).memoryBytes() + (timestampTable.current?.memoryBytes() ?? 0)
    }
}

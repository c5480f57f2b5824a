/// The memory of a datapath, as the kernel accounts it.
package struct DatapathMemory: Equatable, Sendable {
    /// Bytes by map.
    package let bytes: [String: Int]
    package let slotCount: Int

    package var totalBytes: Int { bytes.values.reduce(0, +) }

    /// Bytes of kernel memory per session: its flow, slot, control word and entry in the ring of free slots.
    package var bytesPerSession: Double {
        let names = [MapName.flows, MapName.sessions, MapName.words, MapName.free]
        return Double(names.reduce(0) { $0 + bytes[$1, default: 0] }) / Double(slotCount)
    }
}

extension Datapath {
    /// Bytes by map, from fdinfo.
    package func memory() -> DatapathMemory {
        DatapathMemory(bytes: maps.mapValues { $0.memoryBytes() }, slotCount: table.slotCount)
    }
}

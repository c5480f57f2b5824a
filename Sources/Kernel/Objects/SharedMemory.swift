import Glibc

/// The elements of an mmapable array map, in this process's memory.
///
/// The kernel and other processes write the same bytes at any moment. So every field that is written after the load is
/// accessed through `sluice_load`, `sluice_store`, `sluice_compare_exchange` and similar functions of FlowLayout. Plain
/// Swift accesses are not used for it: the compiler may repeat, tear or omit them. Plain reads of a session's other
/// fields are a snapshot: read the control word before and after, and use them only if it is still the same session.
final class SharedMemory: @unchecked Sendable {
    // Unchecked: an address and a length that never change. The memory there is shared with other processes anyway.
    let start: UnsafeMutableRawPointer
    let byteCount: Int

    init(of map: KernelMap) throws(KernelError) {
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let length = (map.capacity * map.stride + pageSize - 1) / pageSize * pageSize
        // The kernel maps no descriptor that can't write. Memory that was mapped only for reading stays so: mprotect(2)
        // is refused.
        let writable = try map.openForWriting()
        let access = map.isReadOnly ? PROT_READ : PROT_READ | PROT_WRITE
        let address = mmap(nil, length, access, MAP_SHARED, writable?.number ?? map.fileDescriptor, 0)
        guard let address, address != MAP_FAILED else {
            throw .call(action: "mapping \(map.name) into memory", errorNumber: errno, remedy: nil)
        }
        start = address
        byteCount = length
    }

    deinit { munmap(start, byteCount) }

    /// The memory as an array of elements; nil if the map's elements have another size.
    func elements<Element>(of map: KernelMap, as type: Element.Type) -> UnsafeMutablePointer<Element>? {
        guard MemoryLayout<Element>.stride == map.stride else { return nil }
        return start.bindMemory(to: Element.self, capacity: map.capacity)
    }
}

internal import CLibBPF
import Glibc

/// One eBPF map: its descriptor, and its sizes as the kernel reports them.
final class KernelMap: Sendable {
    let name: String
    let descriptor: FileDescriptor
    let keySize: Int
    /// Bytes of one value, as declared.
    let valueSize: Int
    let capacity: Int
    /// The kernel's identifier of the map.
    let identifier: UInt32
    /// Where it is pinned, if it was opened only for reading.
    private let readOnlyPath: String?

    var isReadOnly: Bool { readOnlyPath != nil }

    var fileDescriptor: Int32 { descriptor.number }

    /// The distance between two elements of an array: values are rounded up to 8 bytes.
    var stride: Int { (valueSize + 7) & ~7 }

    init(name: String, descriptor: FileDescriptor, readOnlyPath: String? = nil) throws(KernelError) {
        var information = bpf_map_info()
        var length = UInt32(MemoryLayout<bpf_map_info>.size)
        try SystemCall.check("reading the sizes of map \(name)") {
            bpf_obj_get_info_by_fd(descriptor.number, &information, &length)
        }
        self.name = name
        self.descriptor = descriptor
        keySize = Int(information.key_size)
        valueSize = Int(information.value_size)
        capacity = Int(information.max_entries)
        identifier = information.id
        self.readOnlyPath = readOnlyPath
    }

    /// Another descriptor of it, for writing; nil: this one can write.
    func openForWriting() throws(KernelError) -> FileDescriptor? {
        guard let path = readOnlyPath else { return nil }
        return FileDescriptor(try SystemCall.check("opening \(path)") { bpf_obj_get(path) })
    }

    /// Bytes of kernel memory of the map, as the kernel accounts them (`memlock` in fdinfo, proc(5)).
    func memoryBytes() -> Int {
        let text = TextFile.read("/proc/thread-self/fdinfo/\(fileDescriptor)") ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("memlock:") {
            let digits = line.dropFirst("memlock:".count).drop { $0 == "\t" || $0 == " " }
            if let bytes = Int(digits) { return bytes }
        }
        return 0
    }
}

extension KernelMap {
    /// Removes an element. Does nothing if there is none.
    func remove(_ index: UInt32) {
        var index = index
        _ = bpf_map_delete_elem(fileDescriptor, &index)
    }

    /// Looks up an element, by a call to the kernel.
    func lookup(_ index: UInt32, into value: UnsafeMutableRawBufferPointer) throws(KernelError) {
        var index = index
        try lookup(key: &index, into: value)
    }

    /// Looks up an element.
    ///
    /// - Parameter key: ``keySize`` bytes.
    func lookup(key: UnsafeRawPointer, into value: UnsafeMutableRawBufferPointer) throws(KernelError) {
        precondition(value.count >= stride, "\(value.count) bytes for an element of \(stride)")
        try SystemCall.check("looking up an element of \(name)") {
            bpf_map_lookup_elem(fileDescriptor, key, value.baseAddress)
        }
    }
}

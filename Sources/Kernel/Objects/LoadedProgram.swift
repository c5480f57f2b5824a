internal import CLibBPF

/// One eBPF program in the kernel.
final class LoadedProgram: Sendable {
    /// Its full name; the kernel itself keeps 15 bytes of it.
    let name: String
    let descriptor: FileDescriptor
    /// The kernel's identifier of the program.
    let identifier: UInt32

    var fileDescriptor: Int32 { descriptor.number }

    init(name: String, descriptor: FileDescriptor) throws(KernelError) {
        self.name = name
        self.descriptor = descriptor
        identifier = try Self.information(of: descriptor.number, name: name).id
    }

    /// The name that the kernel has of a program, by its identifier; nil if it is gone.
    static func nameInKernel(identifier: UInt32) -> String? {
        let number = bpf_prog_get_fd_by_id(identifier)
        guard number >= 0 else { return nil }
        let descriptor = FileDescriptor(number)
        guard var information = try? information(of: descriptor.number, name: "\(identifier)") else { return nil }
        return withUnsafeBytes(of: &information.name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Since it was loaded, of the time in which the kernel kept them.
    func runStatistics() throws(KernelError) -> RunStatistics {
        let information = try Self.information(of: fileDescriptor, name: name)
        return RunStatistics(runs: information.run_cnt, nanoseconds: information.run_time_ns)
    }

    private static func information(of number: Int32, name: String) throws(KernelError) -> bpf_prog_info {
        var information = bpf_prog_info()
        var length = UInt32(MemoryLayout<bpf_prog_info>.size)
        try SystemCall.check("reading about program \(name)") {
            bpf_obj_get_info_by_fd(number, &information, &length)
        }
        return information
    }
}

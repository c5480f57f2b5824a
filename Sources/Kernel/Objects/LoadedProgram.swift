internal import CLibBPF

/// One eBPF program in the kernel.
final class LoadedProgram: Sendable {
    /// Its full name. The kernel keeps 15 bytes of it.
    let name: String
    let descriptor: FileDescriptor
    /// The kernel's identifier of the program.
    let identifier: UInt32
    /// The kernel's hash of its instructions.
    let tag: [UInt8]

    var fileDescriptor: Int32 { descriptor.number }

    init(name: String, descriptor: FileDescriptor) throws(KernelError) {
        self.name = name
        self.descriptor = descriptor
        let information = try Self.information(of: descriptor.number, name: name)
        identifier = information.id
        tag = withUnsafeBytes(of: information.tag) { Array($0) }
    }

    /// A program by its identifier, with the name that the kernel has stored; nil: it no longer exists, or this process
    /// lacks CAP_SYS_ADMIN.
    static func inKernel(identifier: UInt32) -> LoadedProgram? {
        let number = bpf_prog_get_fd_by_id(identifier)
        guard number >= 0 else { return nil }
        let descriptor = FileDescriptor(number)
        guard var information = try? information(of: number, name: "\(identifier)") else { return nil }
        let name = withUnsafeBytes(of: &information.name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return try? LoadedProgram(name: name, descriptor: descriptor)
    }

    /// The statistics since it was loaded, for the time in which the kernel kept them.
    func runStatistics() throws(KernelError) -> RunStatistics {
        let information = try Self.information(of: fileDescriptor, name: name)
        return RunStatistics(runs: information.run_cnt, nanoseconds: information.run_time_ns)
    }

    private static func information(of number: Int32, name: String) throws(KernelError) -> bpf_prog_info {
        var information = bpf_prog_info()
        var length = UInt32(MemoryLayout<bpf_prog_info>.size)
        try SystemCall.check("querying program \(name)") {
            bpf_obj_get_info_by_fd(number, &information, &length)
        }
        return information
    }
}

/// The verifier's cost for one program, from its log (`BPF_LOG_STATS`).
package struct VerifierCost: Equatable, Sendable {
    /// Instructions processed, at most 1,000,000.
    package let instructions: Int
    /// Microseconds that the verifier took.
    package let microseconds: Int

    /// - Parameter log: the log of one program; nil if it has no statistics, as when the program was refused earlier.
    init?(log: String) {
        guard let instructions = Self.number(behind: "processed ", in: log) else { return nil }
        self.instructions = instructions
        microseconds = Self.number(behind: "verification time ", in: log) ?? 0
    }

    private static func number(behind label: String, in log: String) -> Int? {
        for line in log.split(separator: "\n") where line.hasPrefix(label) {
            return Int(line.dropFirst(label.count).prefix { $0.isNumber })
        }
        return nil
    }
}

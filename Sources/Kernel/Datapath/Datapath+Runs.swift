internal import CLibBPF
package import FlowLayout
import Glibc

/// The context of a packet that a program is run on explicitly: the fields of `struct __sk_buff` that the kernel
/// accepts.
package struct PacketContext: Equatable, Sendable {
    /// The interface it comes in by; 0: the loopback of this network namespace.
    package var interfaceIndex: UInt32 = 0
    package var ingressInterfaceIndex: UInt32 = 0
    package var mark: UInt32 = 0
    /// Segments, and bytes per segment, of a GSO packet; 0 for an ordinary one.
    package var gsoSegments: UInt32 = 0
    package var gsoSize: UInt32 = 0
    /// Bytes on the wire, all segments' headers included; 0: as long as the packet.
    package var wireLength: UInt32 = 0
    /// The first two words of the control buffer, which a program for tests reads its settings from.
    package var control0: UInt32 = 0
    package var control1: UInt32 = 0

    package init(interfaceIndex: Int = 0, mark: UInt32 = 0) {
        self.interfaceIndex = UInt32(interfaceIndex)
        self.ingressInterfaceIndex = UInt32(interfaceIndex)
        self.mark = mark
    }
}

/// The result of a run.
package struct ProgramRun: Equatable, Sendable {
    /// TC_ACT_OK, TC_ACT_SHOT, TC_ACT_REDIRECT, ...
    package var returnValue: UInt32
    package var packet: [UInt8]
    package var context: PacketContext
    /// Average of the repetitions.
    package var nanoseconds: UInt32
}

extension Datapath {
    /// The names of all programs of the object.
    package var programNames: [String] { programs.keys.sorted() }

    /// Runs a tc program on a packet, with the live maps, as the kernel would (BPF_PROG_TEST_RUN).
    ///
    /// The packet begins with its Ethernet header. The kernel refuses a packet that is shorter than that.
    package func runProgram(
        named name: String, packet: [UInt8], context: PacketContext = PacketContext(), repetitions: Int = 1
    ) throws(KernelError) -> ProgramRun {
        let program = try program(name)
        // Room for headers that a program adds in front.
        var output = [UInt8](repeating: 0, count: packet.count + 256)
        var after = PacketContext()
        var returnValue: UInt32 = 0
        var nanoseconds: UInt32 = 0
        let status = withZeroed(__sk_buff.self) { buffer in
            buffer.pointee.mark = context.mark
            buffer.pointee.ifindex = context.interfaceIndex
            buffer.pointee.ingress_ifindex = context.ingressInterfaceIndex
            buffer.pointee.gso_segs = context.gsoSegments
            buffer.pointee.gso_size = context.gsoSize
            buffer.pointee.wire_len = context.wireLength
            buffer.pointee.cb.0 = context.control0
            buffer.pointee.cb.1 = context.control1
            return withZeroed(bpf_test_run_opts.self) { options in
                let status = packet.withUnsafeBytes { input in
                    output.withUnsafeMutableBytes { output in
                        options.pointee.sz = MemoryLayout<bpf_test_run_opts>.size
                        options.pointee.data_in = input.baseAddress
                        options.pointee.data_size_in = UInt32(input.count)
                        options.pointee.data_out = output.baseAddress
                        options.pointee.data_size_out = UInt32(output.count)
                        // The kernel copies it in, and back to the same address.
                        options.pointee.ctx_in = UnsafeRawPointer(buffer)
                        options.pointee.ctx_size_in = UInt32(MemoryLayout<__sk_buff>.size)
                        options.pointee.ctx_out = UnsafeMutableRawPointer(buffer)
                        options.pointee.ctx_size_out = UInt32(MemoryLayout<__sk_buff>.size)
                        options.pointee.`repeat` = Int32(clamping: repetitions)
                        return bpf_prog_test_run_opts(program.fileDescriptor, options)
                    }
                }
                guard status == 0 else { return status }
                output.removeLast(output.count - Int(options.pointee.data_size_out))
                returnValue = options.pointee.retval
                nanoseconds = options.pointee.duration
                after.interfaceIndex = buffer.pointee.ifindex
                after.ingressInterfaceIndex = buffer.pointee.ingress_ifindex
                after.mark = buffer.pointee.mark
                after.gsoSegments = buffer.pointee.gso_segs
                after.gsoSize = buffer.pointee.gso_size
                after.wireLength = buffer.pointee.wire_len
                after.control0 = buffer.pointee.cb.0
                after.control1 = buffer.pointee.cb.1
                return 0
            }
        }
        guard status == 0 else {
            throw .call(action: "running \(name) on \(packet.count) bytes", errorNumber: -status, remedy: nil)
        }
        return ProgramRun(returnValue: returnValue, packet: output, context: after, nanoseconds: nanoseconds)
    }

    /// Runs a `SEC("syscall")` program on an argument, which it may change. Returns the program's return value.
    @discardableResult
    package func runProgram<Argument: BitwiseCopyable>(
        named name: String, argument: inout Argument
    ) throws(KernelError) -> UInt32 {
        let program = try program(name)
        var returnValue: UInt32 = 0
        let status = withUnsafeMutableBytes(of: &argument) { argument in
            withZeroed(bpf_test_run_opts.self) { options in
                options.pointee.sz = MemoryLayout<bpf_test_run_opts>.size
                // The kernel copies it in, and back to the same address.
                options.pointee.ctx_in = UnsafeRawPointer(argument.baseAddress)
                options.pointee.ctx_size_in = UInt32(argument.count)
                let status = bpf_prog_test_run_opts(program.fileDescriptor, options)
                returnValue = options.pointee.retval
                return status
            }
        }
        guard status == 0 else { throw .call(action: "running \(name)", errorNumber: -status, remedy: nil) }
        return returnValue
    }

    /// Asks the classifier of the packet path, with the live policy, about a 5-tuple (NSG-7).
    package func classify(_ question: sluice_classification) throws(KernelError) -> sluice_classification {
        var answer = question
        try runProgram(named: ProgramName.explain, argument: &answer)
        return answer
    }

    func program(_ name: String) throws(KernelError) -> LoadedProgram {
        guard let program = programs[name] else { throw .programMissing(name: name) }
        return program
    }
}

internal import CLibBPF
package import FlowLayout
import Glibc

/// What surrounds a packet that a program is run on by hand: the fields of `struct __sk_buff` that the kernel takes.
package struct PacketContext: Equatable, Sendable {
    /// The interface it comes in by; 0: the loopback of this network namespace.
    package var interfaceIndex: UInt32 = 0
    package var ingressInterfaceIndex: UInt32 = 0
    package var mark: UInt32 = 0
    /// Segments and bytes a segment of a GSO packet; 0 of an ordinary one.
    package var gsoSegments: UInt32 = 0
    package var gsoSize: UInt32 = 0
    /// Bytes on the wire, all segments' headers included; 0: as long as the packet.
    package var wireLength: UInt32 = 0
    /// The first two words of the control buffer, where a program for tests finds its settings.
    package var control0: UInt32 = 0
    package var control1: UInt32 = 0

    package init(interfaceIndex: Int = 0, mark: UInt32 = 0) {
        self.interfaceIndex = UInt32(interfaceIndex)
        self.ingressInterfaceIndex = UInt32(interfaceIndex)
        self.mark = mark
    }
}

/// What came of a run.
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
    /// - Parameter packet: from the Ethernet header on; at least 14 bytes.
    package func runProgram(
        named name: String, packet: [UInt8], context: PacketContext = PacketContext(), repetitions: Int = 1
    ) throws(KernelError) -> ProgramRun {
        let program = try program(name)
        var given = __sk_buff()
        given.mark = context.mark
        given.ifindex = context.interfaceIndex
        given.ingress_ifindex = context.ingressInterfaceIndex
        given.gso_segs = context.gsoSegments
        given.gso_size = context.gsoSize
        given.wire_len = context.wireLength
        given.cb.0 = context.control0
        given.cb.1 = context.control1
        var returned = __sk_buff()
        // Room for headers that a program puts in front.
        var output = [UInt8](repeating: 0, count: packet.count + 256)
        var options = bpf_test_run_opts()
        let status = packet.withUnsafeBytes { input in
            output.withUnsafeMutableBytes { output in
                withUnsafeMutablePointer(to: &given) { given in
                    withUnsafeMutablePointer(to: &returned) { returned in
                        options.sz = MemoryLayout<bpf_test_run_opts>.size
                        options.data_in = input.baseAddress
                        options.data_size_in = UInt32(input.count)
                        options.data_out = output.baseAddress
                        options.data_size_out = UInt32(output.count)
                        options.ctx_in = UnsafeRawPointer(given)
                        options.ctx_size_in = UInt32(MemoryLayout<__sk_buff>.size)
                        options.ctx_out = UnsafeMutableRawPointer(returned)
                        options.ctx_size_out = UInt32(MemoryLayout<__sk_buff>.size)
                        options.`repeat` = Int32(clamping: repetitions)
                        return bpf_prog_test_run_opts(program.fileDescriptor, &options)
                    }
                }
            }
        }
        guard status == 0 else {
            throw .call(
                action: "running \(name) on \(packet.count) bytes", errorNumber: -status, remedy: nil)
        }
        output.removeLast(output.count - Int(options.data_size_out))
        var after = PacketContext()
        after.interfaceIndex = returned.ifindex
        after.ingressInterfaceIndex = returned.ingress_ifindex
        after.mark = returned.mark
        after.gsoSegments = returned.gso_segs
        after.gsoSize = returned.gso_size
        after.wireLength = returned.wire_len
        after.control0 = returned.cb.0
        after.control1 = returned.cb.1
        return ProgramRun(
            returnValue: options.retval, packet: output, context: after, nanoseconds: options.duration)
    }

    /// Runs a `SEC("syscall")` program on an argument, which it may change; returns what the program returns.
    @discardableResult
    package func runProgram<Argument: BitwiseCopyable>(
        named name: String, argument: inout Argument
    ) throws(KernelError) -> UInt32 {
        let program = try program(name)
        var options = bpf_test_run_opts()
        options.sz = MemoryLayout<bpf_test_run_opts>.size
        let status = withUnsafeMutableBytes(of: &argument) { argument in
            // The kernel copies it in, and back to the same place.
            options.ctx_in = UnsafeRawPointer(argument.baseAddress)
            options.ctx_size_in = UInt32(argument.count)
            return bpf_prog_test_run_opts(program.fileDescriptor, &options)
        }
        guard status == 0 else { throw .call(action: "running \(name)", errorNumber: -status, remedy: nil) }
        return options.retval
    }

    /// Asks the evaluator that judges packets, with the live policy, about a 5-tuple (NSG-7).
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

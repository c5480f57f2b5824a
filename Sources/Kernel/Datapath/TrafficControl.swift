internal import CLibBPF
import Glibc

/// The tc filter that runs our program: on an interface's clsact queueing discipline, at ingress, before all others.
///
/// All functions work in the network namespace of the calling thread.
enum TrafficControl {
    private static let handle: UInt32 = 1
    private static let priority: UInt32 = 1

    /// The program in our position; nil if there is none.
    static func attachedProgram(interfaceIndex: Int) -> UInt32? {
        withHook(interfaceIndex) { hook in
            withOptions { options in bpf_tc_query(hook, options) == 0 ? options.pointee.prog_id : nil }
        }
    }

    /// Creates the clsact; false if it exists already.
    static func createHook(_ interface: NetworkInterface) throws(KernelError) -> Bool {
        let status = withHook(interface.index) { hook in bpf_tc_hook_create(hook) }
        if status == 0 { return true }
        if -status == EEXIST { return false }
        throw refusal("creating the clsact of interface \(interface.name)", status, interface)
    }

    static func attach(_ program: LoadedProgram, _ interface: NetworkInterface, replacing: Bool) throws(KernelError) {
        let status = withHook(interface.index) { hook in
            withOptions { options in
                options.pointee.prog_fd = program.fileDescriptor
                options.pointee.flags = replacing ? UInt32(BPF_TC_F_REPLACE.rawValue) : 0
                return bpf_tc_attach(hook, options)
            }
        }
        if status != 0 { throw refusal("attaching \(program.name) to interface \(interface.name)", status, interface) }
    }

    /// Removes the filter. It is not an error if the filter or its interface no longer exists.
    static func detach(interfaceIndex: Int) throws(KernelError) {
        let status = withHook(interfaceIndex) { hook in withOptions { options in bpf_tc_detach(hook, options) } }
        guard status == 0 || [ENOENT, ENODEV, EINVAL].contains(-status) else {
            throw .refused(
                action: "detaching the program from interface \(interfaceIndex)", errorNumber: -status,
                log: LibBPFLog.text)
        }
    }

    /// Removes the clsact if no filter is left on it.
    static func destroyHookIfEmpty(interfaceIndex: Int) {
        guard sluice_count_filters(Int32(interfaceIndex), 0) == 0, sluice_count_filters(Int32(interfaceIndex), 1) == 0
        else { return }
        _ = withHook(interfaceIndex) { hook in
            hook.pointee.attach_point = bpf_tc_attach_point(BPF_TC_INGRESS.rawValue | BPF_TC_EGRESS.rawValue)
            return bpf_tc_hook_destroy(hook)
        }
    }

    private static func refusal(_ action: String, _ status: Int32, _ interface: NetworkInterface) -> KernelError {
        if -status == ENODEV { return .interfaceMissing(name: interface.name) }
        return .refused(action: action, errorNumber: -status, log: LibBPFLog.text)
    }

    private static func withHook<Result>(
        _ interfaceIndex: Int, _ body: (UnsafeMutablePointer<bpf_tc_hook>) -> Result
    ) -> Result {
        LibBPFLog.begin()
        return withZeroed(bpf_tc_hook.self) { hook in
            hook.pointee.sz = MemoryLayout<bpf_tc_hook>.size
            hook.pointee.ifindex = Int32(interfaceIndex)
            hook.pointee.attach_point = BPF_TC_INGRESS
            return body(hook)
        }
    }

    private static func withOptions<Result>(_ body: (UnsafeMutablePointer<bpf_tc_opts>) -> Result) -> Result {
        withZeroed(bpf_tc_opts.self) { options in
            options.pointee.sz = MemoryLayout<bpf_tc_opts>.size
            options.pointee.handle = handle
            options.pointee.priority = priority
            return body(options)
        }
    }
}

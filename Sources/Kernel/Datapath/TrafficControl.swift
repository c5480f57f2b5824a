internal import CLibBPF
import Glibc

/// The tc filter that runs our program: on an interface's clsact queueing discipline, at ingress, before all others.
///
/// All of it concerns the network namespace that the calling thread is in.
enum TrafficControl {
    private static let handle: UInt32 = 1
    private static let priority: UInt32 = 1

    /// The program at our place; nil if there is none.
    static func attachedProgram(interfaceIndex: Int) -> UInt32? {
        LibBPFLog.begin()
        var hook = hook(interfaceIndex)
        var options = options()
        return bpf_tc_query(&hook, &options) == 0 ? options.prog_id : nil
    }

    /// Makes the clsact; false if it is there already.
    static func createHook(_ interface: NetworkInterface) throws(KernelError) -> Bool {
        LibBPFLog.begin()
        var hook = hook(interface.index)
        let status = bpf_tc_hook_create(&hook)
        if status == 0 { return true }
        if -status == EEXIST { return false }
        throw refusal("making the clsact of interface \(interface.name)", status, interface)
    }

    static func attach(_ program: LoadedProgram, _ interface: NetworkInterface, replacing: Bool) throws(KernelError) {
        LibBPFLog.begin()
        var hook = hook(interface.index)
        var options = options()
        options.prog_fd = program.fileDescriptor
        options.flags = replacing ? UInt32(BPF_TC_F_REPLACE.rawValue) : 0
        let status = bpf_tc_attach(&hook, &options)
        if status != 0 { throw refusal("attaching \(program.name) to interface \(interface.name)", status, interface) }
    }

    /// Removes the filter; one that is gone already, or whose interface is, is no error.
    static func detach(interfaceIndex: Int) throws(KernelError) {
        LibBPFLog.begin()
        var hook = hook(interfaceIndex)
        var options = options()
        let status = bpf_tc_detach(&hook, &options)
        guard status == 0 || [ENOENT, ENODEV, EINVAL].contains(-status) else {
            throw .refused(
                action: "taking the program off interface \(interfaceIndex)", errorNumber: -status, log: LibBPFLog.text)
        }
    }

    /// Removes the clsact if no filter is left on it.
    static func destroyHookIfEmpty(interfaceIndex: Int) {
        LibBPFLog.begin()
        guard sluice_count_filters(Int32(interfaceIndex), 0) == 0, sluice_count_filters(Int32(interfaceIndex), 1) == 0
        else { return }
        var hook = hook(interfaceIndex)
        hook.attach_point = bpf_tc_attach_point(BPF_TC_INGRESS.rawValue | BPF_TC_EGRESS.rawValue)
        bpf_tc_hook_destroy(&hook)
    }

    private static func refusal(_ action: String, _ status: Int32, _ interface: NetworkInterface) -> KernelError {
        if -status == ENODEV { return .interfaceMissing(name: interface.name) }
        return .refused(action: action, errorNumber: -status, log: LibBPFLog.text)
    }

    private static func hook(_ interfaceIndex: Int) -> bpf_tc_hook {
        var hook = bpf_tc_hook()
        hook.sz = MemoryLayout<bpf_tc_hook>.size
        hook.ifindex = Int32(interfaceIndex)
        hook.attach_point = BPF_TC_INGRESS
        return hook
    }

    private static func options() -> bpf_tc_opts {
        var options = bpf_tc_opts()
        options.sz = MemoryLayout<bpf_tc_opts>.size
        options.handle = handle
        options.priority = priority
        return options
    }
}

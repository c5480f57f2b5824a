import CLibBPF
import Glibc
import KernelObject
import SocketLayout

/// The socket program in the kernel. It exists as long as this object, unless a link of it is pinned.
final class SocketProgram {
    enum Part: String {
        case list = "sluice_list_sockets"
        case change = "sluice_change_sockets"
        case guardConnections = "sluice_guard_connections"
    }

    /// The kernel's type information.
    private static let types = "/sys/kernel/btf/vmlinux"

    private let object: OpaquePointer
    private let program: OpaquePointer
    private let action: String

    /// Loads one part, with room for a number of sockets to change.
    ///
    /// - Parameter action: for messages: what is done with it.
    init(_ part: Part, changes: Int = 1, for action: String) throws(SocketError) {
        self.action = action
        sluice_bpf_log_capture()
        sluice_bpf_log_clear()
        let opened = KernelObject.socketProgram.withUnsafeBytes { bpf_object__open_mem($0.baseAddress, $0.count, nil) }
        guard let opened else { throw Self.failure(action, errno) }
        var found: OpaquePointer?
        var next = bpf_object__next_program(opened, nil)
        while let current = next {
            let isWanted = String(cString: bpf_program__name(current)) == part.rawValue
            bpf_program__set_autoload(current, isWanted)
            if isWanted { found = current }
            next = bpf_object__next_program(opened, current)
        }
        guard let found else { preconditionFailure("the socket program has no part \(part.rawValue)") }
        if let map = bpf_object__find_map_by_name(opened, "sluice_changes") {
            bpf_map__set_max_entries(map, UInt32(clamping: max(1, changes)))
        }
        let status = bpf_object__load(opened)
        guard status == 0 else {
            let failure = Self.failure(action, -status)
            bpf_object__close(opened)
            throw failure
        }
        object = opened
        program = found
    }

    deinit { bpf_object__close(object) }

    private static func failure(_ action: String, _ errorNumber: Int32) -> SocketError {
        .loading(
            action: action, errorNumber: errorNumber, log: String(cString: sluice_bpf_log_text()),
            hasTypes: access(types, F_OK) == 0)
    }

    /// The file descriptor of a map, valid as long as this object.
    func map(_ name: String) -> Int32 { bpf_object__find_map_fd_by_name(object, name) }

    var programDescriptor: Int32 { bpf_program__fd(program) }

    /// Attaches an iterator, which runs once for each descriptor that ``SocketIterator/read(_:)`` opens.
    func iterator() throws(SocketError) -> SocketIterator {
        guard let link = bpf_program__attach_iter(program, nil) else { throw Self.failure(action, errno) }
        return SocketIterator(link: link)
    }

    /// Attaches to a cgroup. The link's descriptor belongs to the caller.
    func attach(cgroup descriptor: Int32) throws(SocketError) -> OpaquePointer {
        guard let link = bpf_program__attach_cgroup(program, descriptor) else { throw Self.failure(action, errno) }
        return link
    }
}

/// An iterator over the TCP sockets of a network namespace.
final class SocketIterator {
    private let link: OpaquePointer

    init(link: OpaquePointer) { self.link = link }

    deinit { bpf_link__destroy(link) }

    /// Runs the program on every socket of this thread's network namespace, and hands what it writes to `body`.
    func read(_ body: (UnsafeRawBufferPointer) -> Void) throws(SocketError) {
        let descriptor = bpf_iter_create(bpf_link__fd(link))
        guard descriptor >= 0 else { throw .call(action: "starting the iterator over sockets", errorNumber: errno) }
        defer { close(descriptor) }
        let failed: Int32 = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count == 0 { return 0 }
                if count < 0 {
                    // EAGAIN: the kernel pauses after a million sockets that had nothing to write.
                    if errno == EINTR || errno == EAGAIN { continue }
                    return errno
                }
                body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
            }
        }
        guard failed == 0 else { throw .call(action: "reading the sockets", errorNumber: failed) }
    }
}

import CLibBPF
import Glibc
import SocketLayout

/// A guard: it sets keep-alive on the new connections of a cgroup, those that its processes open and those that they
/// accept (RISK-2). It belongs to no process: its link is pinned until it is removed.
package struct SocketGuard: Hashable, Sendable {
    /// The kernel's number of the cgroup.
    package var cgroup: UInt64
    /// Its directory; nil: it has been removed, and the guard does nothing any more.
    package var path: String?
    package var idleSeconds: UInt32
    package var intervalSeconds: UInt32
    package var count: UInt32
    package var timeoutSeconds: UInt32
    package var overridesApplication: Bool
    /// New connections that it has seen, and those that it has changed.
    package var connectionsSeen: UInt64
    package var connectionsChanged: UInt64

    /// One folder a guard, by the cgroup's number.
    package static let folder = "/sys/fs/bpf/sluice-sockets"

    private static func folder(_ cgroup: UInt64) -> String { "\(folder)/\(cgroup)" }

    /// Attaches a guard to a cgroup and all cgroups below it. Connections that exist are not changed: that is
    /// ``SocketFix``.
    package static func add(
        cgroup path: String, _ order: KeepAliveOrder, timeoutSeconds: Double
    ) throws(SocketError) -> SocketGuard {
        let directory = try CgroupTree.directory(path)
        guard let cgroup = CgroupTree.identifier(of: directory) else { throw .notACgroup(path: path) }
        let place = folder(cgroup)
        guard access("\(place)/link", F_OK) != 0 else { throw .guardExists(path: directory) }
        let program = try SocketProgram(.guardConnections, for: "guarding a cgroup")
        let map = program.map("sluice_guard_map")
        var zero: UInt32 = 0
        var state = sluice_guard_state()
        state.order = order.layout(timeoutSeconds: timeoutSeconds)
        guard bpf_map_update_elem(map, &zero, &state, UInt64(BPF_ANY)) == 0 else {
            throw .call(action: "setting the guard's values", errorNumber: errno)
        }
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .notACgroup(path: path) }
        defer { close(descriptor) }
        mkdir(folder, 0o700)
        mkdir(place, 0o700)
        do throws(SocketError) {
            let link = try program.attach(cgroup: descriptor)
            // The pin keeps the link when this handle closes.
            defer { bpf_link__destroy(link) }
            try pin("\(place)/state") { bpf_obj_pin(map, $0) }
            try pin("\(place)/link") { bpf_obj_pin(bpf_link__fd(link), $0) }
        } catch {
            discard(place)
            throw error
        }
        guard let added = read(cgroup) else { throw .noGuard(path: directory) }
        return added
    }

    private static func pin(_ path: String, _ call: (UnsafePointer<CChar>) -> Int32) throws(SocketError) {
        guard call(path) == 0 else { throw .call(action: "pinning \(path)", errorNumber: errno) }
    }

    private static func discard(_ place: String) {
        unlink("\(place)/link")
        unlink("\(place)/state")
        rmdir(place)
        rmdir(folder)
    }

    /// All guards of this host, by the cgroup's path.
    package static func list() throws(SocketError) -> [SocketGuard] {
        guard access(folder, R_OK | X_OK) == 0 else {
            // A folder that does not exist has no guards. One that can't be read may have some.
            if errno == ENOENT { return [] }
            throw .notPrivileged(action: "reading the guards")
        }
        let paths = CgroupTree.root.map { CgroupTree.paths(below: $0) } ?? [:]
        return Folder.names(folder).compactMap { UInt64($0) }.compactMap { read($0, paths) }
            .sorted { ($0.path ?? "", $0.cgroup) < ($1.path ?? "", $1.cgroup) }
    }

    /// Detaches the guard of a cgroup.
    package static func remove(cgroup path: String) throws(SocketError) {
        let directory = try CgroupTree.directory(path)
        guard let cgroup = CgroupTree.identifier(of: directory), access(folder(cgroup), F_OK) == 0 else {
            throw .noGuard(path: path)
        }
        try remove(cgroup)
    }

    /// Detaches all guards, or those whose cgroup is gone. Returns how many.
    package static func removeAll(onlyGone: Bool) throws(SocketError) -> Int {
        let found = try list().filter { !onlyGone || $0.path == nil }
        for entry in found { try remove(entry.cgroup) }
        return found.count
    }

    /// The kernel detaches a link when its last reference goes, here the pin. A handle makes it immediate.
    private static func remove(_ cgroup: UInt64) throws(SocketError) {
        let place = folder(cgroup)
        let link = bpf_obj_get("\(place)/link")
        if link >= 0 {
            bpf_link_detach(link)
            close(link)
        } else if errno == EPERM || errno == EACCES {
            throw .notPrivileged(action: "removing a guard")
        }
        discard(place)
    }

    private static func read(_ cgroup: UInt64, _ paths: [UInt64: String]? = nil) -> SocketGuard? {
        let map = bpf_obj_get("\(folder(cgroup))/state")
        guard map >= 0 else { return nil }
        defer { close(map) }
        var zero: UInt32 = 0
        var state = sluice_guard_state()
        guard bpf_map_lookup_elem(map, &zero, &state) == 0 else { return nil }
        let known = paths ?? CgroupTree.root.map { CgroupTree.paths(below: $0) } ?? [:]
        return SocketGuard(
            cgroup: cgroup, path: known[cgroup], idleSeconds: state.order.idle, intervalSeconds: state.order.interval,
            count: state.order.count, timeoutSeconds: state.order.timeout,
            overridesApplication: state.order.overrides != 0, connectionsSeen: state.seen,
            connectionsChanged: state.changed)
    }
}

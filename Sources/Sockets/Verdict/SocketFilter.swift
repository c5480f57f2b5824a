package import Policy

/// Selects sockets. All given conditions must hold.
package struct SocketFilter: Hashable, Sendable {
    package var local: AddressPrefix?
    package var remote: AddressPrefix?
    /// The port of either end.
    package var port: UInt16?
    /// File name of the program of one of its processes.
    package var program: String?
    package var user: UInt32?
    /// Part of the name of the unit, or the first digits of the container's identifier.
    package var workload: String?
    /// The kernel's numbers of cgroups: see ``CgroupTree/paths(below:)``.
    package var cgroups: Set<UInt64>?

    package init() {}

    package func matches(_ socket: TCPSocket, owners: [SocketOwner]) -> Bool {
        if let local, !local.contains(socket.local.address) { return false }
        if let remote, !remote.contains(socket.remote.address) { return false }
        if let port, socket.local.port != port, socket.remote.port != port { return false }
        if let user, socket.user != user { return false }
        if let cgroups, !cgroups.contains(socket.cgroup) { return false }
        if let program, !owners.contains(where: { $0.program == program }) { return false }
        if let workload, !owners.contains(where: { $0.workload.map { $0.name.contains(workload) } ?? false }) {
            return false
        }
        return true
    }
}

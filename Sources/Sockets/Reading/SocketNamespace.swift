import CLibBPF
import Glibc
import Policy

/// A network namespace that can be visited.
package struct SocketNamespace: Hashable, Sendable {
    /// A file that refers to it: `/run/netns/NAME`, `/proc/PID/ns/net`.
    package var path: String
    /// The kernel's number.
    package var inode: UInt32
    /// `ip netns` name, `pid N`, or `own`.
    package var name: String

    private static let named = "/run/netns"

    /// That of this process.
    package static func own() throws(SocketError) -> SocketNamespace {
        let path = "/proc/self/ns/net"
        guard let inode = inode(of: path) else { throw .call(action: "reading \(path)", errorNumber: errno) }
        return SocketNamespace(path: path, inode: inode, name: "own")
    }

    /// By its name in `ip netns`, or the path of a file.
    package static func named(_ name: String) throws(SocketError) -> SocketNamespace {
        let path = name.hasPrefix("/") ? name : "\(named)/\(name)"
        guard !name.isEmpty, !name.contains(".."), let inode = inode(of: path) else { throw .noNamespace(name: name) }
        return SocketNamespace(path: path, inode: inode, name: name)
    }

    /// That of a process.
    package static func of(process: Int32) throws(SocketError) -> SocketNamespace {
        guard process > 0, access("/proc/\(process)", F_OK) == 0 else { throw .noProcess(identifier: process) }
        let path = "/proc/\(process)/ns/net"
        guard let inode = inode(of: path) else {
            // The process exists, so the kernel hides its namespaces from this user, or it has just ended.
            if errno == EACCES || errno == EPERM { throw .namespaceClosed(name: "of process \(process)") }
            throw .noProcess(identifier: process)
        }
        return SocketNamespace(path: path, inode: inode, name: "pid \(process)")
    }

    /// All that have a name or a process. The own one comes first.
    package static func all() throws(SocketError) -> [SocketNamespace] {
        let own = try own()
        var found = [own.inode: own]
        var order = [own.inode]
        func add(_ namespace: SocketNamespace) {
            guard found[namespace.inode] == nil else { return }
            found[namespace.inode] = namespace
            order.append(namespace.inode)
        }
        for name in Folder.names(named).sorted() {
            let path = "\(named)/\(name)"
            if let inode = inode(of: path) { add(SocketNamespace(path: path, inode: inode, name: name)) }
        }
        for process in Folder.processes() {
            let path = "/proc/\(process)/ns/net"
            if let inode = inode(of: path) {
                add(SocketNamespace(path: path, inode: inode, name: "pid \(process)"))
            }
        }
        return order.compactMap { found[$0] }
    }

    private static func inode(of path: String) -> UInt32? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt32(truncatingIfNeeded: status.st_ino) : nil
    }

    /// Runs something on this thread in the namespace, and returns to the own one.
    func visit<Result>(_ body: () throws(SocketError) -> Result) throws(SocketError) -> Result {
        let flags = O_RDONLY | O_CLOEXEC
        let own = open("/proc/thread-self/ns/net", flags)
        guard own >= 0 else { throw .call(action: "opening the own network namespace", errorNumber: errno) }
        defer { close(own) }
        var status = stat()
        if fstat(own, &status) == 0, UInt32(truncatingIfNeeded: status.st_ino) == inode { return try body() }
        let other = open(path, flags)
        guard other >= 0 else {
            throw errno == ENOENT ? .noNamespace(name: name) : .namespaceClosed(name: name)
        }
        defer { close(other) }
        guard sluice_enter_network(other) == 0 else {
            if errno == EPERM { throw .namespaceClosed(name: name) }
            // EINVAL: a file of /run/netns without a namespace behind it, as a killed `ip` leaves it.
            throw errno == EINVAL ? .noNamespace(name: name) : .call(action: "entering \(name)", errorNumber: errno)
        }
        defer {
            // A thread that stayed there would read and change the wrong sockets from now on.
            guard sluice_enter_network(own) == 0 else { preconditionFailure("returning to the own network namespace") }
        }
        return try body()
    }

    /// The addresses of this thread's network namespace.
    static func ownAddresses() -> Set<NetworkAddress> {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var addresses: Set<NetworkAddress> = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ifa_addr.flatMap({ NetworkAddress(socketAddress: $0) }) {
                addresses.insert(address)
            }
            next = entry.pointee.ifa_next
        }
        return addresses
    }
}

extension NetworkAddress {
    /// The address of a sockaddr; nil: another family.
    fileprivate init?(socketAddress: UnsafePointer<sockaddr>) {
        switch Int32(socketAddress.pointee.sa_family) {
        case AF_INET:
            let raw = UnsafeRawPointer(socketAddress).loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
            self.init(family: .ipv4, value: UInt128(UInt32(bigEndian: raw)))
        case AF_INET6:
            let raw = UnsafeRawPointer(socketAddress).loadUnaligned(as: sockaddr_in6.self).sin6_addr
            self = withUnsafeBytes(of: raw) { NetworkAddress(socketBytes: $0) }
        default: return nil
        }
    }
}

package import Policy

/// One look at the TCP sockets of network namespaces.
package struct SocketScan: Sendable {
    /// Which network namespaces.
    package enum Scope: Hashable, Sendable {
        /// That of this process.
        case own
        /// By its name in `ip netns`, or a path.
        case named(String)
        /// That of a process.
        case process(Int32)
        case all
    }

    package var sockets: [TCPSocket] = []
    package var owners = SocketOwners()
    /// The namespaces that were read, by inode.
    package var namespaces: [UInt32: SocketNamespace] = [:]
    /// The addresses of each namespace, by its inode.
    package var ownAddresses: [UInt32: Set<NetworkAddress>] = [:]
    /// Why keep-alive was not read in the kernel, but guessed from timers; nil: it was read.
    package var limitation: SocketError?
    /// The namespaces that could not be read, with the reason.
    package var unread: [(namespace: SocketNamespace, reason: SocketError)] = []

    package init() {}

    /// Reads them. If the socket program can't be loaded, it reads what everybody can see.
    package static func run(_ scope: Scope) throws(SocketError) -> SocketScan {
        var scan = SocketScan()
        let namespaces = try namespaces(of: scope)
        let records: SocketRecords?
        do throws(SocketError) {
            records = try SocketRecords()
        } catch {
            records = nil
            scan.limitation = error
        }
        for namespace in namespaces {
            do throws(SocketError) {
                try scan.read(namespace, records)
            } catch {
                // Of all namespaces some may have gone meanwhile, or belong to others. A named one must be there.
                guard scope == .all else { throw error }
                scan.unread.append((namespace, error))
            }
        }
        scan.owners = SocketOwners.find(Set(scan.sockets.map(\.inode)).subtracting([0]))
        if case .process(let process) = scope {
            scan.sockets.removeAll { socket in !scan.owners[socket].contains { $0.process == process } }
        }
        return scan
    }

    private static func namespaces(of scope: Scope) throws(SocketError) -> [SocketNamespace] {
        switch scope {
        case .own: [try .own()]
        case .named(let name): [try .named(name)]
        case .process(let process): [try .of(process: process)]
        case .all: try SocketNamespace.all()
        }
    }

    private mutating func read(_ namespace: SocketNamespace, _ records: SocketRecords?) throws(SocketError) {
        let found: ([TCPSocket], Set<NetworkAddress>) = try namespace.visit { () throws(SocketError) in
            let sockets =
                if let records { try records.read() } else { try SocketDiagnostics.read(network: namespace.inode) }
            return (sockets, SocketNamespace.ownAddresses())
        }
        sockets += found.0
        ownAddresses[namespace.inode] = found.1
        namespaces[namespace.inode] = namespace
    }

    /// The verdict for one of its sockets.
    package func judgement(_ socket: TCPSocket, by judge: SocketJudge) -> SocketJudgement {
        judge.judge(socket, ownAddresses: ownAddresses[socket.network] ?? [])
    }
}

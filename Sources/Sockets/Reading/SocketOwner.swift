import Glibc

/// A process that has a socket open.
package struct SocketOwner: Hashable, Sendable {
    package var process: Int32
    /// The file name of its program: `python3.11`.
    package var program: String
    /// Its command line, for people.
    package var command: String
    /// The container or the unit that it belongs to.
    package var workload: Workload?

    package init(process: Int32, program: String, command: String, workload: Workload?) {
        self.process = process
        self.program = program
        self.command = command
        self.workload = workload
    }

    /// Reads it from /proc; nil: it has ended.
    init?(reading process: Int32) {
        let folder = "/proc/\(process)"
        guard let name = Folder.text("\(folder)/comm") else { return nil }
        let short = String(name.prefix { $0 != "\n" })
        // The link ends with " (deleted)" when the program's package was upgraded.
        let path = Folder.link("\(folder)/exe").map { $0.hasSuffix(" (deleted)") ? String($0.dropLast(10)) : $0 }
        let words = (Folder.text("\(folder)/cmdline") ?? "").split(separator: "\0").joined(separator: " ")
        self.init(
            process: process, program: path?.split(separator: "/").last.map(String.init) ?? short,
            command: words.isEmpty ? short : words,
            workload: Folder.text("\(folder)/cgroup").flatMap { Workload(processText: $0) })
    }
}

/// The processes of sockets, by the inodes that /proc/PID/fd refers to.
package struct SocketOwners: Sendable {
    private var byInode: [UInt64: [SocketOwner]] = [:]
    /// Processes whose open files this user may not see.
    package private(set) var hiddenProcesses = 0

    package init(_ owners: [UInt64: [SocketOwner]] = [:]) { byInode = owners }

    /// The processes with the socket, the oldest identifier first; empty: unknown.
    package subscript(_ socket: TCPSocket) -> [SocketOwner] { socket.inode == 0 ? [] : byInode[socket.inode] ?? [] }

    /// Finds those that have one of the sockets. Sockets that are opened or closed meanwhile do no harm: only inodes
    /// that are asked for are kept.
    static func find(_ inodes: Set<UInt64>) -> SocketOwners {
        var result = SocketOwners()
        for process in Folder.processes() {
            var found: [UInt64] = []
            guard access("/proc/\(process)/fd", R_OK) == 0 else {
                result.hiddenProcesses += 1
                continue
            }
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
                guard let start = text.baseAddress else { return }
                Folder.forEachName("/proc/\(process)/fd") { folder, name in
                    let count = readlinkat(folder, name, start, text.count)
                    if let inode = socketInode(start, count: count), inodes.contains(inode) { found.append(inode) }
                }
            }
            guard !found.isEmpty, let owner = SocketOwner(reading: process) else { continue }
            for inode in Set(found) { result.byInode[inode, default: []].append(owner) }
        }
        return result
    }

    /// The number in `socket:[18205526]`; nil: another text.
    private static func socketInode(_ text: UnsafePointer<CChar>, count: Int) -> UInt64? {
        let prefix: StaticString = "socket:["
        let start = prefix.utf8CodeUnitCount
        guard count > start + 1, memcmp(text, prefix.utf8Start, start) == 0 else { return nil }
        var number: UInt64 = 0
        for index in start..<(count - 1) {
            let digit = UInt8(bitPattern: text[index])
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number &* 10 &+ UInt64(digit - 0x30)
        }
        return number
    }
}

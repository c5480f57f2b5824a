import Glibc

/// The kernel's connection tracking, which nftables uses: its limits, its count, and how to empty it.
enum Conntrack {
    /// The maximum number of sessions of a row, with as many buckets, as the kernel's documentation recommends.
    static let mostSessions = 2_097_152
    private static let limit = "/proc/sys/net/netfilter/nf_conntrack_max"
    private static let buckets = "/proc/sys/net/netfilter/nf_conntrack_buckets"

    /// Raises the limits of the machine. The old values are stored in the lock's file first.
    static func raiseLimits(_ lock: RunLock) throws {
        try lock.keep("\(try number(in: buckets)) \(try number(in: limit))")
        try BenchFile.write("\(mostSessions)", to: buckets)
        try BenchFile.write("\(mostSessions)", to: limit)
    }

    /// Restores what this run, or a killed one, has changed. Does nothing if there is nothing to restore.
    static func restoreLimits(_ lock: RunLock) throws {
        let kept = try lock.text
        guard !kept.isEmpty else { return }
        let numbers = kept.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2 else { throw BenchError.answer(of: "the lock's file", was: kept) }
        // The limit comes last, because setting the buckets may change it.
        try BenchFile.write("\(numbers[0])", to: buckets)
        try BenchFile.write("\(numbers[1])", to: limit)
        try lock.keep("")
    }

    private static func number(in file: String) throws -> Int {
        let text = try BenchFile.read(file)
        guard let number = Int(text.filter(\.isNumber)) else { throw BenchError.answer(of: file, was: text) }
        return number
    }

    /// Raises the limit of one namespace, if the setting is per namespace.
    static func raiseLimit(in place: NetworkPlace) throws {
        try place.visit {
            if access(limit, W_OK) == 0 { try? BenchFile.write("\(mostSessions)", to: limit) }
        }
        let found = try place.number(in: limit)
        guard found >= mostSessions else {
            throw BenchError.answer(of: limit, was: "\(found) in \(place.name), though \(mostSessions) was written")
        }
    }

    static func count(in place: NetworkPlace) throws -> Int {
        try place.number(in: "/proc/sys/net/netfilter/nf_conntrack_count")
    }

    /// Bytes that the kernel allocates for an entry, without its share of the hash table and its extensions; empty if
    /// the kernel does not report it.
    static var entryBytes: [Int] {
        let text = (try? BenchFile.read("/proc/slabinfo")) ?? ""
        for line in text.split(separator: "\n") {
            // name, active objects, objects, bytes of one object.
            let words = line.split(separator: " ")
            if words.count > 3, words[0] == "nf_conntrack", let bytes = Int(words[3]) { return [bytes] }
        }
        return []
    }

    /// Deletes all sessions of a namespace with a ctnetlink message: IPCTNL_MSG_CT_DELETE without a tuple.
    static func flush(in place: NetworkPlace) throws {
        let descriptor = try place.visit { socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | 0o2000000, 12) }
        guard descriptor >= 0 else { throw BenchError.system(call: "netlink socket", reason: reason()) }
        defer { close(descriptor) }
        // struct nlmsghdr: length, type (NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE), NLM_F_REQUEST | NLM_F_ACK, sequence,
        // port; struct nfgenmsg: AF_UNSPEC, NFNETLINK_V0, 0.
        let message: [UInt32] = [20, UInt32(1 << 8 | 2) | 5 << 16, 1, 0, 0]
        let sent = message.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
        guard sent == 20 else { throw BenchError.system(call: "netlink send", reason: reason()) }
        var answer = [Int32](repeating: 0, count: 64)
        let received = answer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        // struct nlmsghdr, then the error number of struct nlmsgerr.
        guard received >= 20, answer[4] == 0 else {
            throw BenchError.system(call: "flushing conntrack", reason: "error \(-answer[4])")
        }
    }
}

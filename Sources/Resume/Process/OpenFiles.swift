import Glibc

/// The limit of open files, which limits the streams.
package enum OpenFiles {
    /// A stream has two descriptors: the application's connection, and the one that carries it. While it gets another
    /// connection, it has three.
    private static let eachStream = 3
    /// Descriptors beside those of streams.
    private static let others = 200

    /// Raises the limit of open files as far as the hard limit allows. If that is not enough, lowers the limit of streams.
    ///
    /// - Returns: A notice of that; nil if all streams fit.
    package static func fit(streams: inout Int) -> String? {
        var files = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &files) == 0 else { return nil }
        let soft = files.rlim_cur
        files.rlim_cur = files.rlim_max
        // A service may not be permitted to do it.
        let most = setrlimit(resource, &files) == 0 ? files.rlim_max : soft
        let needed = eachStream * streams + others
        guard most < UInt(needed) else { return nil }
        streams = max(1, (Int(most) - others) / eachStream)
        return
            "this process may open only \(most) files, so the limit of streams is \(streams): 'ulimit -Hn \(needed)', "
            + "or LimitNOFILE=\(needed) in a unit, allows all"
    }
}

import Glibc

/// The process at the other end of a connection to the control socket.
package struct ControlPeer: Equatable, Sendable {
    /// Whether it connected to the socket for the HTTP API's process. Then each request needs a token that permits it.
    package let isAPI: Bool
    /// For the history: `root (uid 0), process 1234 sluice`.
    package let text: String

    package init(isAPI: Bool, text: String) {
        self.isAPI = isAPI
        self.text = text
    }

    /// The other end of a connected socket, as the kernel knows it (unix(7), SO_PEERCRED).
    init(of descriptor: Int32, isAPI: Bool) {
        var credentials = Credentials()
        var length = socklen_t(MemoryLayout<Credentials>.size)
        guard !isAPI, getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else {
            self.init(isAPI: isAPI, text: isAPI ? "token admin" : "unknown")
            return
        }
        let user =
            Self.userName(credentials.user).map { "\($0) (uid \(credentials.user))" } ?? "uid \(credentials.user)"
        let program = Self.program(credentials.process).map { " \($0)" } ?? ""
        self.init(isAPI: false, text: "\(user), process \(credentials.process)\(program)")
    }

    /// `struct ucred`, which the importer does not show.
    private struct Credentials {
        var process: pid_t = 0
        var user: uid_t = 0
        var group: gid_t = 0
    }

    private static func userName(_ user: uid_t) -> String? {
        // The name service may ask the network; root's name is known.
        user == 0 ? "root" : nil
    }

    /// The program's name (proc(5), comm); nil if the process has ended.
    private static func program(_ process: pid_t) -> String? {
        guard let bytes = try? FileStore.read("/proc/\(process)/comm") else { return nil }
        let name = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        return name.isEmpty ? nil : name
    }
}

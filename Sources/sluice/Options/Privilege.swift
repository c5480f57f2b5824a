import Glibc

/// The privilege that network namespaces need.
enum Privilege {
    /// Says so at once, instead of failing half-way with a message about something else.
    static func requireRoot(for command: String) throws {
        guard geteuid() != 0 else { return }
        throw CommandFailure(
            what: "'\(command)' makes network namespaces, which only root may", next: "sudo \(command)")
    }
}

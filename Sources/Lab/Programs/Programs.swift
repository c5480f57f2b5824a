import Glibc

/// Installed programs that the lab uses for sessions.
enum Programs {
    /// The path of an installed program, including directories for administrators; nil if it is not installed.
    static func path(of name: String) -> String? {
        let folders = (childEnvironment()["PATH"] ?? "").split(separator: ":").map(String.init)
        return folders.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
    }

    /// What is missing, as a sentence; nil if nothing is.
    static func missing(_ names: [String], user: String) -> String? {
        if let name = names.first(where: { path(of: $0) == nil }) { return "\(name) is not installed here" }
        if getpwnam(user) == nil { return "the user \(user), as which the server would run, does not exist here" }
        return nil
    }
}

import Glibc

/// Programs of this machine that sessions of the lab are made with.
enum Programs {
    /// The path of an installed program, also where only administrators look; nil if it is not there.
    static func path(of name: String) -> String? {
        let folders = (childEnvironment()["PATH"] ?? "").split(separator: ":").map(String.init)
        return folders.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
    }

    /// What is missing, as a sentence; nil: nothing.
    static func missing(_ names: [String], user: String) -> String? {
        if let name = names.first(where: { path(of: $0) == nil }) { return "\(name) is not installed here" }
        if getpwnam(user) == nil { return "there is no user \(user) here, as whom the server would run" }
        return nil
    }
}

import Glibc

/// Finds programs in PATH, as a shell does, and in the system's directories for administrators' programs.
enum Executable {
    /// The path of a program; nil if it is not installed.
    static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders =
            path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"]
        return folders.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
    }
}

import Glibc

/// Finds programs as a shell would, and where administrators' programs are.
enum Executable {
    /// The path of an installed program; nil if it is not.
    static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders =
            path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"]
        return folders.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
    }
}

import Glibc

/// Finds the programs of this package that the lab runs.
package enum SluiceBinary {
    /// Path of the `sluice` command: this program, or, in tests, the one beside the test bundle.
    package static func path() throws(LabError) -> String {
        try path(of: "sluice")
    }

    /// Path of a program of this package.
    package static func path(of program: String) throws(LabError) -> String {
        guard let own = realPath("/proc/self/exe") else {
            throw .file(path: "/proc/self/exe", reason: errorText(errno))
        }
        if own.hasSuffix("/" + program) { return own }
        // In tests /proc/self/exe is the test bundle, or a runner of the toolchain with the bundle among its arguments.
        let candidates = [own] + CommandLine.arguments.compactMap(realPath)
        for candidate in candidates {
            // Beside it; or, where it is installed, among the programs that people do not call themselves.
            for path in [
                "\(folder(of: candidate))/\(program)", "\(folder(of: candidate))/../libexec/sluice/\(program)",
            ]
            where access(path, X_OK) == 0 {
                return path
            }
        }
        throw .file(path: folder(of: own) + "/" + program, reason: "does not exist: build it with 'swift build'")
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}

/// A path with all symbolic links resolved; nil if it does not exist.
package func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}

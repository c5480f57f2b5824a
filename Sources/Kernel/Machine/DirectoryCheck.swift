import Glibc

/// Whether this process can create files in a directory that a gateway needs, and what an administrator does if not.
package struct DirectoryCheck: Equatable, Sendable {
    package struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// The directory, and what is wrong with it.
        package let cause: String
        /// What to run, as root.
        package let remedy: String
        /// Whether the cause is permissions, rather than the disk.
        package let isDenied: Bool

        package var description: String { "\(cause): as root, '\(remedy)'" }
    }

    /// What prevents this process from it; nil: nothing.
    package let problem: Problem?

    /// - Parameters:
    ///   - path: absolute. The directory need not exist, if it can be created.
    ///   - isGateway: whether it is a gateway's own directory, with its files, and the gateway ran as another user.
    package init(_ path: String, isGateway: Bool = false) {
        let user = Self.user(geteuid())
        let prepare = "install -d -o \(user) -m 0700 \(path)"
        func problem(_ cause: String, _ errorNumber: Int32, _ remedy: String) -> Problem {
            Problem(
                cause: "\(cause): \(SystemCall.message(errorNumber))", remedy: remedy,
                isDenied: errorNumber == EACCES || errorNumber == EPERM)
        }
        var status = stat()
        var parent = "/"
        for component in path.split(separator: "/") {
            let next = (parent == "/" ? "" : parent) + "/\(component)"
            if stat(next, &status) != 0 {
                let errorNumber = errno
                if errorNumber != ENOENT {
                    let remedy = errorNumber == EACCES ? "chmod a+x \(parent)" : prepare
                    self.problem = problem("user \(user) can't look into \(parent)", errorNumber, remedy)
                } else {
                    self.problem = Self.refusal(parent).map {
                        problem("\(path) is not there, and user \(user) can't make it", $0, prepare)
                    }
                }
                return
            }
            parent = next
        }
        self.problem = Self.refusal(path).map { errorNumber in
            let owner = Self.user(status.st_uid)
            let remedy =
                switch errorNumber {
                case EROFS: "mount -o remount,rw \(path)"
                case ENOTDIR: "rm \(path)"
                default: isGateway ? "chown -R \(user) \(path)" : prepare
                }
            return problem("user \(user) can't write to \(path), which is user \(owner)'s", errorNumber, remedy)
        }
    }

    /// Why files can't be created in a directory. This checks the process's own capabilities, which access(2) ignores.
    private static func refusal(_ path: String) -> Int32? {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR { return ENOTDIR }
        return faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0 ? nil : errno
    }

    /// A user's name, or the number if the user has none.
    private static func user(_ identifier: uid_t) -> String {
        getpwuid(identifier).map { String(cString: $0.pointee.pw_name) } ?? "\(identifier)"
    }
}

extension DirectoryCheck {
    /// The directories of bpffs in which a gateway creates files.
    package static func pins(of gateway: String) -> [DirectoryCheck] {
        [DirectoryCheck(GatewayName.pinRoot), DirectoryCheck(GatewayName.pinDirectory(gateway), isGateway: true)]
    }
}

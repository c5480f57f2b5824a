import Glibc

/// Files of keys, tokens and certificates.
package enum SecretFile {
    /// Who may read a file besides its owner.
    package enum Privacy: Sendable {
        /// Everybody.
        case open
        /// Its group: usual for keys, for example `root:ssl-cert`.
        case group
        /// Nobody.
        case owner
    }

    /// The largest file, in bytes: a bundle of all authorities has some 200 KiB.
    private static let largest = 4 << 20

    /// Where a file is. Under systemd, a relative path means a credential of the unit (`LoadCredential=`), if it has one of
    /// this name.
    package static func resolve(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = credentialFolder else { return path }
        let credential = "\(folder)/\(path)"
        return access(credential, F_OK) == 0 ? credential : path
    }

    private static var credentialFolder: String? {
        getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Reads a whole file.
    ///
    /// - Parameter what: What it is, for the message: `the token`.
    /// - Throws: ``ResumeProblem``, if it is not there, is too large, or others may read it.
    package static func read(_ path: String, _ what: String, privacy: Privacy) throws(ResumeProblem) -> [UInt8] {
        let path = resolve(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ResumeProblem("\(path): \(what) can't be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        // Of the descriptor, not of the path: the file can't be replaced in between.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ResumeProblem("\(path): \(what) can't be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw ResumeProblem("\(path) is a directory: name \(what)") }
        try check(status.st_mode, path, what, privacy)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= largest {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw ResumeProblem("\(path): \(what) can't be read: \(String(cString: strerror(errno)))")
            }
            bytes += buffer[..<count]
        }
        throw ResumeProblem("\(path) is larger than \(Quantity.text(bytes: largest)): name \(what)")
    }

    private static func check(
        _ mode: mode_t, _ path: String, _ what: String, _ privacy: Privacy
    ) throws(ResumeProblem) {
        var privacy = privacy
        // A unit's credentials are in a directory that only the unit can read. systemd gives its user access by an ACL, whose
        // mask is shown in place of the group's bits.
        if privacy == .owner, let folder = credentialFolder, path.hasPrefix(folder + "/") { privacy = .group }
        let (bits, letters): (mode_t, String) =
            switch privacy {
            case .open: (0, "")
            case .group: (0o007, "o-rwx")
            case .owner: (0o077, "go-rwx")
            }
        guard mode & bits == 0 else {
            throw ResumeProblem(
                "\(path): others than its owner may read \(what) (mode 0\(String(mode & 0o777, radix: 8))): run 'chmod \(letters) \(path)'; "
                    + "if they may have read it, replace it")
        }
    }
}

import Glibc

/// Writes a text file, and replaces an existing one.
func writeFile(_ text: String, to path: String, mode: mode_t) throws(LabError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .file(path: path, reason: errorText(errno)) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { throw .file(path: path, reason: errorText(errno)) }
        written += count
    }
}

/// Creates a directory and its missing parents.
func makeDirectories(_ path: String) throws(LabError) {
    var folder = ""
    for component in path.split(separator: "/") {
        folder += "/" + component
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw .file(path: folder, reason: errorText(errno))
        }
    }
}

/// Removes a directory and everything in it. Does nothing if it does not exist.
func removeTree(_ path: String) throws(LabError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
        for entry in directoryEntries(path) {
            try removeTree(path + "/" + entry)
        }
    }
    guard remove(path) == 0 || errno == ENOENT else {
        throw .file(path: path, reason: "can't be removed: \(errorText(errno))")
    }
}

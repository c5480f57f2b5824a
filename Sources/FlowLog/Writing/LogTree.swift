import FoundationEssentials
import Glibc

/// The files in a log's directory. Only the log's own folders are read, because other files there belong to others.
package enum LogTree {
    package struct File: Equatable, Sendable {
        /// Relative to the log's directory.
        package var path: String
        package var bytes: UInt64
        /// ``RecordPath/hourNumber(_:)``
        package var hour: UInt64

        package init(path: String, bytes: UInt64, hour: UInt64) {
            self.path = path
            self.bytes = bytes
            self.hour = hour
        }
    }

    package static let containers = [
        RecordPath.version2Container, RecordPath.version4Container, RecordPath.sessionContainer,
    ]

    /// All files of the log, oldest hours first.
    package static func files(
        in directory: String, containers: [String] = LogTree.containers
    ) -> [File] {
        var files: [File] = []
        for container in containers { collect(directory, container, &files) }
        return files.sorted { ($0.hour, $0.path) < ($1.hour, $1.path) }
    }

    private static func collect(_ directory: String, _ folder: String, _ files: inout [File]) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(folder)")) ?? []
        for name in names {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat("\(directory)/\(path)", &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                collect(directory, path, &files)
            } else if status.st_mode & S_IFMT == S_IFREG, name == "PT1H.json" || name == "PT1H.jsonl",
                let hour = RecordPath.hourNumber(path)
            {
                files.append(File(path: path, bytes: UInt64(status.st_size), hour: hour))
            }
        }
    }

    /// Removes a file, and the folders above it that become empty.
    package static func remove(_ path: String, in directory: String) {
        unlink("\(directory)/\(path)")
        var parts = path.split(separator: "/").dropLast()
        while !parts.isEmpty, rmdir("\(directory)/\(parts.joined(separator: "/"))") == 0 { parts.removeLast() }
    }
}

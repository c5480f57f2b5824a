internal import FoundationEssentials
import Glibc
package import Policy

/// The files of a flow log for readers: as a gateway writes them, as a download of a storage container (`az storage
/// blob download-batch`: the same tree without the container's folder), or a single file.
package struct FlowLogTree: Sendable {
    package struct File: Equatable, Sendable {
        package var path: String
        package var bytes: UInt64
        /// ``RecordPath/hourNumber(_:)``; nil if the path has no hour.
        package var hour: UInt64?
        package var format: FlowLogSettings.Format
    }

    /// Why there is nothing to read.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case missing(String)
        case unreadable(String, reason: String)
        /// The path exists but has no flow log.
        case empty(String)
        case tooLarge(String)

        package var description: String {
            switch self {
            case .missing(let path): "\(path) does not exist"
            case .unreadable(let path, let reason): "\(path) can't be read: \(reason)"
            case .empty(let path): "\(path) holds no flow log"
            case .tooLarge(let path):
                "\(path) holds more than \(FlowLogTree.maximumEntries) files and folders, which is more than any flow log has"
            }
        }
    }

    /// Maximum depth of folders. The documented paths have 17 levels.
    private static let maximumDepth = 40
    private static let maximumEntries = 2_000_000
    /// Bytes that are read to find the format of a file whose path does not name it.
    private static let peekBytes = 1 << 16

    package let root: String
    /// Oldest hours first; files without an hour last.
    package private(set) var files: [File] = []
    private var entries = 0

    /// - Parameter root: a directory, or a file.
    package init(_ root: String) throws(Failure) {
        self.root = root
        var status = stat()
        guard stat(root, &status) == 0 else {
            throw errno == ENOENT ? .missing(root) : .unreadable(root, reason: String(cString: strerror(errno)))
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            guard access(root, R_OK | X_OK) == 0 else {
                throw .unreadable(root, reason: String(cString: strerror(errno)))
            }
            try collect(root, depth: 0)
        } else if status.st_mode & S_IFMT == S_IFREG {
            guard access(root, R_OK) == 0 else { throw .unreadable(root, reason: String(cString: strerror(errno))) }
            guard let format = Self.format(path: root) ?? Self.format(peeking: root) else { throw .empty(root) }
            files = [
                File(path: root, bytes: UInt64(status.st_size), hour: RecordPath.hourNumber(root), format: format)
            ]
        } else {
            throw .unreadable(root, reason: "it is neither a file nor a directory")
        }
        files.sort { ($0.hour ?? .max, $0.path) < ($1.hour ?? .max, $1.path) }
    }

    /// The formats that exist. Version 4 comes first, because it has every protocol.
    package var formats: [FlowLogSettings.Format] {
        [.virtualNetworkVersion4, .nsgVersion2].filter { format in files.contains { $0.format == format } }
    }

    private mutating func collect(_ folder: String, depth: Int) throws(Failure) {
        guard depth < Self.maximumDepth else { return }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            entries += 1
            guard entries <= Self.maximumEntries else { throw .tooLarge(root) }
            let path = "\(folder)/\(name)"
            var status = stat()
            // Symbolic links are not followed: a cycle of them would never end.
            guard lstat(path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try collect(path, depth: depth + 1)
            case S_IFREG where name.hasSuffix(".json"):
                let below = String(path.dropFirst(root.count))
                guard let format = Self.format(path: below) ?? Self.format(peeking: path) else { continue }
                files.append(
                    File(
                        path: path, bytes: UInt64(status.st_size), hour: RecordPath.hourNumber(below), format: format))
            default: continue
            }
        }
    }

    /// The format that a documented path names.
    private static func format(path: String) -> FlowLogSettings.Format? {
        guard path.hasSuffix("/PT1H.json") else { return nil }
        for part in path.split(separator: "/") {
            if part == RecordPath.version4Container || part.hasPrefix("flowLogResourceID=") {
                return .virtualNetworkVersion4
            }
            // Other logs of the cloud also have `resourceId=` in their paths.
            if part == RecordPath.version2Container { return .nsgVersion2 }
        }
        return nil
    }

    /// The format according to the first bytes of a file; nil if it is not a flow log.
    private static func format(peeking path: String) -> FlowLogSettings.Format? {
        guard let data = RegularFile.read(path, atMost: peekBytes) else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        if text.contains("\"flowRecords\"") || text.contains("\"flowLogVersion\"") { return .virtualNetworkVersion4 }
        return text.contains("\"flowTuples\"") || text.contains("NetworkSecurityGroupFlowEvent") ? .nsgVersion2 : nil
    }
}

internal import FoundationEssentials
import Glibc

/// Reads a log's files from where it read them last, as they grow.
package struct FlowLogFollower {
    private let directory: String
    private let container: String
    /// Where the last record that was read ends, by path.
    private var ends: [String: Int] = [:]

    /// - Parameter container: of one format: both say the same.
    package init(directory: String, container: String) {
        self.directory = directory
        self.container = container
    }

    /// What has come since the last time, of the newest hour and the one before; oldest first.
    package mutating func next() -> [FlowLogDocument.Item] {
        let files = LogTree.files(in: directory, containers: [container])
        let hours = Set(files.map(\.hour)).sorted().suffix(2)
        var items: [FlowLogDocument.Item] = []
        for file in files where hours.contains(file.hour) {
            let start = ends[file.path] ?? 0
            guard Int(file.bytes) > start, let data = read("\(directory)/\(file.path)", from: start) else { continue }
            items += FlowLogDocument(data).items
            let bytes = [UInt8](data)
            // Behind the last record there is only the tail, which the next one is written over.
            let tail = FileShape.records.tail
            if bytes.suffix(tail.count).elementsEqual(tail) { ends[file.path] = start + bytes.count - tail.count }
        }
        return items.sorted { $0.tuple.time < $1.tuple.time }
    }

    private func read(_ path: String, from start: Int) -> Data? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        guard fseek(file, start, SEEK_SET) == 0 else { return nil }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return data }
            data.append(contentsOf: buffer[..<count])
        }
    }
}

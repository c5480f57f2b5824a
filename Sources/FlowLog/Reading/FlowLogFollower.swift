internal import FoundationEssentials
package import Policy

/// Reads new records of a log's files as they grow.
package struct FlowLogFollower {
    private let root: String
    private let format: FlowLogSettings.Format?
    /// The end of the last record that was read, by path.
    private var ends: [String: Int] = [:]

    /// - Parameters:
    ///   - root: see ``FlowLogTree``.
    ///   - format: nil: the first format that exists.
    package init(root: String, format: FlowLogSettings.Format?) {
        self.root = root
        self.format = format
    }

    /// The records since the last call, from the newest hour and the one before, oldest first. Empty if there is no
    /// log.
    package mutating func next() -> [FlowLogDocument.Item] {
        guard let tree = try? FlowLogTree(root), let format = format ?? tree.formats.first else { return [] }
        let files = tree.files.filter { $0.format == format }
        let hours = Set(files.compactMap(\.hour)).sorted().suffix(2)
        var items: [FlowLogDocument.Item] = []
        for file in files where file.hour.map(hours.contains) ?? true {
            let start = ends[file.path] ?? 0
            guard Int(file.bytes) > start, let data = RegularFile.read(file.path, from: start) else { continue }
            items += FlowLogDocument(data).items
            let bytes = [UInt8](data)
            // After the last record there is only the tail, which the next record overwrites.
            let tail = FileShape.records.tail
            if bytes.suffix(tail.count).elementsEqual(tail) { ends[file.path] = start + bytes.count - tail.count }
        }
        return items.sorted { $0.tuple.time < $1.tuple.time }
    }
}

internal import FoundationEssentials

/// Goes through a log's files, oldest hour first.
package enum FlowLogReading {
    /// The container of a format that is there: version 4 has every protocol, so it is preferred; nil: neither.
    package static func container(in directory: String) -> String? {
        [RecordPath.version4Container, RecordPath.version2Container].first {
            !LogTree.files(in: directory, containers: [$0]).isEmpty
        }
    }

    /// Hands every tuple that passes the filter to `body`; hours that the filter's time leaves out are not read.
    ///
    /// - Returns: how many records or tuples could not be read.
    package static func forEach(
        in directory: String, container: String, filter: FlowLogFilter, _ body: (FlowLogDocument.Item) -> Void
    ) -> Int {
        // A tuple is written after it happened: at the end of a session's rest, or when a full disk has room again.
        let first = filter.since.map { RecordPath.hourNumber(time: $0) } ?? 0
        var unreadable = 0
        for file in LogTree.files(in: directory, containers: [container]) where file.hour >= first {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(file.path)") else { continue }
            let document = FlowLogDocument(data)
            unreadable += document.unreadable
            for item in document.items where filter.matches(item) { body(item) }
        }
        return unreadable
    }
}

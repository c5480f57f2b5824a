internal import FoundationEssentials
package import Policy

/// Goes through a log's files, oldest hour first.
package enum FlowLogReading {
    /// What was found beside the tuples.
    package struct Outcome: Equatable, Sendable {
        /// Tuples that were read, whether they passed the filter or not.
        package var read = 0
        /// Records and tuples that are in no documented form, and files that can't be opened.
        package var unreadable = 0
    }

    /// Hands every tuple that passes the filter to `body`; hours that the filter's time leaves out are not read.
    package static func forEach(
        in tree: FlowLogTree, format: FlowLogSettings.Format, filter: FlowLogFilter,
        _ body: (FlowLogDocument.Item) -> Void
    ) -> Outcome {
        // A tuple is written after it happened: at the end of a session's rest, or when a full disk has room again.
        let first = filter.since.map { RecordPath.hourNumber(time: $0) } ?? 0
        var outcome = Outcome()
        for file in tree.files where file.format == format && file.hour ?? .max >= first {
            guard let data = RegularFile.read(file.path) else {
                outcome.unreadable += 1
                continue
            }
            let document = FlowLogDocument(data)
            outcome.unreadable += document.unreadable
            outcome.read += document.items.count
            for item in document.items where filter.matches(item) { body(item) }
        }
        return outcome
    }

    /// What the gateway that wrote a log says it left out since then (LOG-3); nothing where only the cloud's formats are.
    ///
    /// - Parameter since: nanoseconds since 1970; nil: ever.
    package static func omissions(in directory: String, since: UInt64?) -> Omissions {
        let first = since.map { RecordPath.hourNumber(time: $0) } ?? 0
        let earliest = since.map { WallTime(nanoseconds: $0).text } ?? ""
        var sum = Omissions()
        let files = LogTree.files(in: directory, containers: [RecordPath.sessionContainer])
        for file in files where file.hour >= first {
            guard let data = RegularFile.read("\(directory)/\(file.path)") else { continue }
            for line in data.split(separator: UInt8(ascii: "\n")) {
                // Seldom: a look at the beginning spares reading all the others as JSON.
                guard line.prefix(80).firstRange(of: Self.mark) != nil,
                    let said = try? JSONDecoder().decode(Omission.self, from: line), said.time >= earliest
                else { continue }
                sum += Omissions(denies: said.denies, events: said.events, entries: said.entries)
            }
        }
        return sum
    }

    private static let mark = Data("\"kind\":\"omitted\"".utf8)

    /// What ``SessionLine/omission(time:gateway:_:)`` writes.
    private struct Omission: Decodable {
        let time: String
        let denies, events, entries: UInt64
    }
}

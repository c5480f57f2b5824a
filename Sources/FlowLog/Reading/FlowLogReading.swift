internal import FoundationEssentials
package import Policy

/// Reads the files of a log, oldest hour first.
package enum FlowLogReading {
    /// What was found besides the tuples.
    package struct Outcome: Equatable, Sendable {
        /// Tuples that were read, including those that the filter rejected.
        package var read = 0
        /// Records and tuples that have no documented form, and files that can't be opened.
        package var unreadable = 0
    }

    /// Passes every tuple that matches the filter to `body`. Hours outside the filter's time are not read.
    package static func forEach(
        in tree: FlowLogTree, format: FlowLogSettings.Format, filter: FlowLogFilter,
        _ body: (FlowLogDocument.Item) -> Void
    ) -> Outcome {
        // A tuple is written some time after its packet: when a session's idle period ends, or when a full disk has
        // space again.
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

    /// The omissions since then that the gateway's log reports (LOG-3); none if only the cloud's formats exist.
    ///
    /// - Parameter since: nanoseconds since 1970; nil: since the beginning.
    package static func omissions(in directory: String, since: UInt64?) -> Omissions {
        let first = since.map { RecordPath.hourNumber(time: $0) } ?? 0
        let earliest = since.map { WallTime(nanoseconds: $0).text } ?? ""
        var sum = Omissions()
        let files = LogTree.files(in: directory, containers: [RecordPath.sessionContainer])
        for file in files where file.hour >= first {
            guard let data = RegularFile.read("\(directory)/\(file.path)") else { continue }
            for line in data.split(separator: UInt8(ascii: "\n")) {
                // These lines are rare. A check of the beginning avoids parsing all others as JSON.
                guard line.prefix(80).firstRange(of: Self.mark) != nil,
                    let omission = try? JSONDecoder().decode(Omission.self, from: line), omission.time >= earliest
                else { continue }
                sum += Omissions(denies: omission.denies, events: omission.events, entries: omission.entries)
            }
        }
        return sum
    }

    private static let mark = Data("\"kind\":\"omitted\"".utf8)

    /// The format of ``SessionLine/omission(time:gateway:_:)``.
    private struct Omission: Decodable {
        let time: String
        let denies, events, entries: UInt64
    }
}

/// What happened to each connection of a scenario (RELAY-5). Pure: events in, verdicts out.
package struct ConnectionLedger: Sendable {
    package enum Verdict: Equatable, Sendable {
        /// Nothing ended it before its ends did.
        case survives
        /// Its client knew after this many nanoseconds: at once for a RST, or when it gave up on silence.
        case notices(after: UInt64)
        /// Its client waited for an answer until the command ended, for this many nanoseconds.
        case hangs(UInt64)
    }

    /// One connection.
    package struct Record: Equatable, Sendable {
        package var number: Int
        package var proxy: String
        package var client: String
        /// Nanoseconds after the command was started.
        package var openedAt: UInt64
        /// What ended it: `reset by drain_downstream`; empty: nothing did.
        package var cause = ""
        package var disruptedAt: UInt64?
        package var isSilent = false
        package var noticedAt: UInt64?
        /// When the next connection to the same proxy was opened.
        package var nextOpenedAt: UInt64?

        package var verdict: Verdict = .survives
    }

    private var records: [Int: Record] = [:]
    private let startedAt: UInt64
    /// The end of a process closes its sockets. What comes so shortly before its end is taken for that.
    static let exitNanoseconds: UInt64 = 20_000_000

    package init(startedAt: UInt64) { self.startedAt = startedAt }

    package mutating func record(_ event: RelayEvent) {
        let time = event.time - min(event.time, startedAt)
        switch event.kind {
        case .opened:
            for number in records.keys
            where records[number]?.proxy == event.proxy && records[number]?.disruptedAt != nil
                && records[number]?.nextOpenedAt == nil
            {
                records[number]?.nextOpenedAt = time
            }
            records[event.connection] = Record(
                number: event.connection, proxy: event.proxy, client: event.client, openedAt: time)
        case .reset, .cut: disrupt(event, "\(event.kind == .reset ? "reset" : "closed") by \(event.cause)", at: time)
        case .silent:
            disrupt(event, "silent by \(event.cause)", at: time)
            records[event.connection]?.isSilent = true
        case .noticed: records[event.connection]?.noticedAt = time
        case .idle, .closed, .refused, .upstreamFailed, .disruption, .drained: break
        }
    }

    private mutating func disrupt(_ event: RelayEvent, _ cause: String, at time: UInt64) {
        guard records[event.connection]?.disruptedAt == nil else { return }
        records[event.connection]?.disruptedAt = time
        records[event.connection]?.cause = cause
    }

    /// The connections in the order of their numbers, with verdicts.
    ///
    /// - Parameter now: when the command ended.
    package func verdicts(now: UInt64) -> [Record] {
        let end = now - min(now, startedAt)
        return records.values.sorted { $0.number < $1.number }.map { record in
            var record = record
            guard let at = record.disruptedAt else { return record }
            if !record.isSilent {
                record.verdict = .notices(after: 0)
            } else if let noticed = record.noticedAt, noticed + ConnectionLedger.exitNanoseconds < end {
                record.verdict = .notices(after: noticed - min(noticed, at))
            } else {
                record.verdict = .hangs(end - min(end, at))
            }
            return record
        }
    }
}

extension ConnectionLedger.Verdict {
    /// `survives`, `notices at once`, `notices after 1.5 s`, `hangs for 20 s`
    package var text: String {
        switch self {
        case .survives: "survives"
        case .notices(let after): after == 0 ? "notices at once" : "notices after \(RelayText.seconds(after))"
        case .hangs(let time): "hangs for \(RelayText.seconds(time))"
        }
    }
}

/// Texts for people.
package enum RelayText {
    /// Seconds with up to three decimals: `1.5 s`.
    package static func seconds(_ nanoseconds: UInt64) -> String {
        let milliseconds = (nanoseconds + 500_000) / 1_000_000
        var fraction = String(milliseconds % 1_000)
        fraction = String(repeating: "0", count: 3 - fraction.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(milliseconds / 1_000)\(fraction.isEmpty ? "" : "." + fraction) s"
    }
}

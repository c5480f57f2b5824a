import FlowCore

/// Splits a field's values into intervals in which the same rules match.
struct IntervalSweep {
    /// A range of values that matches a bit: the bit of a rule, or ``internalBit``.
    struct Span {
        var first: UInt128
        var last: UInt128
        var bit: Int
    }

    /// The row that applies from a value on.
    struct Interval {
        var first: UInt128
        var row: PolicyRow
        var isInternal: Bool
    }

    /// The bit of the internal prefixes. It is not part of the rows.
    static let internalBit = PolicyRow.bits

    /// Sweeps over the values from 0 to `maximum`. At every boundary some spans begin or end.
    ///
    /// - Returns: the intervals in order. The first begins at 0, and neighbours differ.
    static func intervals(of spans: [Span], always: PolicyRow, maximum: UInt128) -> [Interval] {
        struct Change {
            var at: UInt128
            var bit: Int
            var amount: Int
        }
        var changes: [Change] = []
        changes.reserveCapacity(2 * spans.count)
        for span in spans {
            changes.append(Change(at: span.first, bit: span.bit, amount: 1))
            if span.last < maximum { changes.append(Change(at: span.last + 1, bit: span.bit, amount: -1)) }
        }
        changes.sort { $0.at < $1.at }

        var depths = [Int](repeating: 0, count: PolicyRow.bits + 1)
        var row = always
        var intervals: [Interval] = []
        var index = 0
        if changes.first?.at != 0 { intervals.append(Interval(first: 0, row: row, isInternal: false)) }
        while index < changes.count {
            let at = changes[index].at
            while index < changes.count, changes[index].at == at {
                let change = changes[index]
                depths[change.bit] += change.amount
                if change.bit != internalBit { row[change.bit] = depths[change.bit] > 0 || always[change.bit] }
                index += 1
            }
            let interval = Interval(first: at, row: row, isInternal: depths[internalBit] > 0)
            if let last = intervals.last, last.row == interval.row, last.isInternal == interval.isInternal { continue }
            intervals.append(interval)
        }
        return intervals
    }
}

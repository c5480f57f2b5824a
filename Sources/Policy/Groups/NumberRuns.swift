/// A set of numbers as sorted, disjoint, non-adjacent ranges: protocols, ports or addresses of one family.
package struct NumberRuns: Equatable, Sendable {
    package private(set) var runs: [ClosedRange<UInt128>]

    /// Sorts ranges and merges those that overlap or touch.
    package init(_ ranges: [ClosedRange<UInt128>]) {
        runs = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = runs.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
                runs[runs.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                runs.append(range)
            }
        }
    }

    private init(inOrder runs: [ClosedRange<UInt128>]) { self.runs = runs }

    package var isEmpty: Bool { runs.isEmpty }

    /// Whether it contains every number of another set.
    package func holds(_ other: NumberRuns) -> Bool {
        other.runs.allSatisfy { run in
            let place = first(endingAtOrAfter: run.upperBound)
            return place < runs.count && runs[place].lowerBound <= run.lowerBound
        }
    }

    /// A quick check whether both may have a number in common. False is certain; true is not.
    package func mayMeet(_ other: NumberRuns) -> Bool {
        guard let first = runs.first, let last = runs.last, let otherFirst = other.runs.first,
            let otherLast = other.runs.last
        else { return false }
        return first.lowerBound <= otherLast.upperBound && otherFirst.lowerBound <= last.upperBound
    }

    /// The numbers that another set has too, and those that it does not have.
    package func split(by other: NumberRuns) -> (within: NumberRuns, beyond: NumberRuns) {
        var (within, beyond): ([ClosedRange<UInt128>], [ClosedRange<UInt128>]) = ([], [])
        for run in runs {
            var next = run.lowerBound
            var place = other.first(endingAtOrAfter: next)
            var isDone = false
            while !isDone, place < other.runs.count, other.runs[place].lowerBound <= run.upperBound {
                let taken = other.runs[place]
                if taken.lowerBound > next { beyond.append(next...taken.lowerBound - 1) }
                within.append(max(next, taken.lowerBound)...min(taken.upperBound, run.upperBound))
                if taken.upperBound >= run.upperBound { isDone = true } else { next = taken.upperBound + 1 }
                place += 1
            }
            if !isDone { beyond.append(next...run.upperBound) }
        }
        return (NumberRuns(inOrder: within), NumberRuns(inOrder: beyond))
    }

    /// The index of the first range that does not end before a number.
    private func first(endingAtOrAfter number: UInt128) -> Int {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

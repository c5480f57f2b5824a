/// Suggests a known word for a mistyped one.
package enum DidYouMean {
    /// The nearest candidate, if it is near enough to be a useful suggestion.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let limit = max(1, min(3, word.count / 3))
        let lowercased = Array(word.lowercased().unicodeScalars)
        return candidates.map { (name: $0, distance: distance(lowercased, Array($0.lowercased().unicodeScalars))) }
            .filter { $0.distance <= limit }
            .min { $0.distance < $1.distance }?.name
    }

    /// The number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replace = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replace, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}

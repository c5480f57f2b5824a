/// Finds the earlier rules of a list that match everything that a later rule could match: one rule alone, or several
/// together, by subtracting their boxes from its boxes.
///
/// The work for several rules is bounded, for one search and for a list: many overlapping rules can cut a box into very
/// many pieces.
struct RuleCover {
    /// With more covering rules than this, there is no search for those that could be left out.
    private static let thinningLimit = 32

    /// The reaches of the rules, in order of evaluation.
    private let reaches: [RuleReach]
    private let searchLimit: Int
    private let listLimit: Int
    /// The work of all searches so far: rules compared with a piece, and ranges of numbers read or created.
    private(set) var work = 0

    /// - Parameters:
    ///   - searchLimit: maximum work of one search.
    ///   - listLimit: maximum work of all searches.
    init(_ reaches: [RuleReach], searchLimit: Int = 100_000, listLimit: Int = 5_000_000) {
        self.reaches = reaches
        self.searchLimit = searchLimit
        self.listLimit = listLimit
    }

    /// Returns the index of the first earlier rule that covers the rule alone. Otherwise the indices of several that
    /// cover it together, in order, each of them needed. nil if a part is not covered, or if the search reached its
    /// bounds.
    ///
    /// If more than 32 rules are returned, some may not be needed.
    mutating func find(of index: Int) -> [Int]? {
        let reach = reaches[index]
        let near = (0..<index).filter { reaches[$0].mayMeet(reach) }
        if let alone = near.first(where: { reaches[$0].covers(reach) }) { return [alone] }
        guard var cover = covering(reach, by: near) else { return nil }
        guard cover.count <= Self.thinningLimit else { return cover }
        // Later rules are removed first, because the earlier rules are those that actually match the packets.
        for one in cover.reversed() {
            if let fewer = covering(reach, by: cover.filter({ $0 != one })) { cover = fewer }
        }
        return cover
    }

    /// The rules that covered a part; nil if a part stays uncovered.
    private mutating func covering(_ reach: RuleReach, by indices: [Int]) -> [Int]? {
        let limit = min(work + searchLimit, listLimit)
        var used: Set<Int> = []
        // Pieces, and how many rules were already compared with each. The newest piece goes first, so that an uncovered
        // piece is found soon.
        var pieces = reach.boxes.map { (box: $0, next: 0) }
        while let (box, start) = pieces.popLast() {
            var next = start
            var rest: [RuleReach.Box]?
            while rest == nil {
                guard next < indices.count, work < limit else { return nil }
                work += 1
                rest = taking(reaches[indices[next]], off: box)
                if rest != nil { used.insert(indices[next]) }
                next += 1
            }
            pieces += (rest ?? []).map { ($0, next) }
        }
        return used.sorted()
    }

    /// What remains of a box without a rule; nil if they have nothing in common. Only one box of the rule has the same
    /// family.
    private mutating func taking(_ reach: RuleReach, off box: RuleReach.Box) -> [RuleReach.Box]? {
        for other in reach.boxes where other.family == box.family { return box.without(other, work: &work) }
        return nil
    }
}

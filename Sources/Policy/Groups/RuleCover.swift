/// Looks for the rules of a list that take everything that a later one could match: one alone, or several together, by taking their
/// boxes off its boxes.
///
/// The work for several is bounded, for one search and for a list: many rules that overlap in many ways cut a box into very many
/// pieces.
struct RuleCover {
    /// Of more rules than this it is not asked which of them could be left out.
    private static let thinningLimit = 32

    /// The reaches of the rules, in the order in which they are asked.
    private let reaches: [RuleReach]
    private let searchLimit: Int
    private let listLimit: Int
    /// What all searches took until now: rules held against a piece, and runs of numbers looked at or made.
    private(set) var work = 0

    /// - Parameters:
    ///   - searchLimit: work of one search.
    ///   - listLimit: work of all.
    init(_ reaches: [RuleReach], searchLimit: Int = 100_000, listLimit: Int = 5_000_000) {
        self.reaches = reaches
        self.searchLimit = searchLimit
        self.listLimit = listLimit
    }

    /// The index of the first earlier rule that covers one alone; else those of several that do together, in order, each of them
    /// needed; nil: some of it is left, or there was no end within the bounds.
    ///
    /// Of more than 32 rules some may be dispensable.
    mutating func find(of index: Int) -> [Int]? {
        let reach = reaches[index]
        let near = (0..<index).filter { reaches[$0].mayMeet(reach) }
        if let alone = near.first(where: { reaches[$0].covers(reach) }) { return [alone] }
        guard var cover = covering(reach, by: near) else { return nil }
        guard cover.count <= Self.thinningLimit else { return cover }
        // The last ones go first: the earlier ones are those that really take the packets.
        for one in cover.reversed() {
            if let fewer = covering(reach, by: cover.filter({ $0 != one })) { cover = fewer }
        }
        return cover
    }

    /// Those of some rules that took something, where all together take everything.
    private mutating func covering(_ reach: RuleReach, by indices: [Int]) -> [Int]? {
        let limit = min(work + searchLimit, listLimit)
        var used: Set<Int> = []
        // Pieces, and how many rules have had their share of them. The latest goes first: so a piece that nobody takes is found soon.
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

    /// What a rule leaves of a box; nil: it takes none of it. Only one of its boxes is of the same family.
    private mutating func taking(_ reach: RuleReach, off box: RuleReach.Box) -> [RuleReach.Box]? {
        for other in reach.boxes where other.family == box.family { return box.without(other, work: &work) }
        return nil
    }
}

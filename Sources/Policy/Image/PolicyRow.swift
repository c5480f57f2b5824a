import FlowLayout

/// One bit for each rule.
struct PolicyRow: Hashable {
    static let bits = Int(SLUICE_RULE_BITS)
    static let wordCount = Int(SLUICE_RULE_WORDS)

    private(set) var words = [UInt64](repeating: 0, count: wordCount)

    subscript(bit: Int) -> Bool {
        get { words[bit / 64] >> UInt64(bit % 64) & 1 == 1 }
        set {
            if newValue {
                words[bit / 64] |= 1 << UInt64(bit % 64)
            } else {
                words[bit / 64] &= ~(1 << UInt64(bit % 64))
            }
        }
    }
}

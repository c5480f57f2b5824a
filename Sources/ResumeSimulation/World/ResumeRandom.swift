/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). A seed gives the same numbers
/// on every machine.
struct ResumeRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A number from a range.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// True with a probability of `percent` / 100.
    mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }

    /// One of these.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(0...elements.count - 1)] }

    /// A size whose order of magnitude is random, too: small ones are as frequent as large ones.
    mutating func size(upTo most: Int) -> Int {
        var limit = 4
        while limit < most, chance(75) { limit *= 4 }
        return number(1...min(limit, most))
    }

    /// Nanoseconds from a range of milliseconds.
    mutating func milliseconds(_ range: ClosedRange<Int>) -> Int64 {
        Int64(number(range.lowerBound * 1000...range.upperBound * 1000)) * 1000
    }
}

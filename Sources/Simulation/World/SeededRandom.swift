internal import Glibc

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). A seed gives the same numbers
/// on every machine.
package struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// True with a probability of `percent` / 100.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// Uniform between 0 and 1, without 0.
    package mutating func share() -> Double { (Double(next() >> 11) + 1) * 0x1p-53 }

    /// From an exponential distribution, in the unit of its mean.
    mutating func exponential(mean: Double) -> Double { -mean * log(share()) }

    /// A random duration from a range of milliseconds.
    mutating func milliseconds(_ range: ClosedRange<UInt64>) -> UInt64 {
        UInt64.random(in: range, using: &self) * 1_000_000
    }
}

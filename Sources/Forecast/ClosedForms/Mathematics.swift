internal import Glibc

/// The functions of the C library that the closed forms need.
enum Mathematics {
    static func logarithm(_ value: Double) -> Double { log(value) }
    static func exponential(_ value: Double) -> Double { exp(value) }
    static func power(_ base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
    static func squareRoot(_ value: Double) -> Double { sqrt(value) }
}

internal import Glibc

func logarithm(_ value: Double) -> Double { log(value) }
func exponentialOf(_ value: Double) -> Double { exp(value) }
func power(_ base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
func squareRoot(_ value: Double) -> Double { sqrt(value) }

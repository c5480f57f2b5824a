package import FlowLayout

/// A prefix in a filter: `10.1.0.0/16`, `2001:db8::/32`, or one address.
package struct AddressPrefix: Sendable, Equatable {
    package let family: UInt8
    /// Leading bits that count, of the 128-bit form: an IPv4 /8 is 104.
    private let bits: Int
    private let high: UInt64
    private let low: UInt64

    /// Reads a prefix; nil where it is none. Bits right of the prefix length are not looked at.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let (address, family) = AddressText.read(String(first)) else { return nil }
        let width = family == 4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard let value = Int(parts[1]), (0...width).contains(value), parts[1].allSatisfy(\.isNumber) else { return nil }
            length = value
        }
        self.family = family
        self.bits = length + 128 - width
        self.high = address.high & AddressPrefix.mask(bits: min(self.bits, 64))
        self.low = address.low & AddressPrefix.mask(bits: max(self.bits - 64, 0))
    }

    package func contains(_ address: sluice_address, family: UInt8) -> Bool {
        family == self.family
            && address.high & AddressPrefix.mask(bits: min(bits, 64)) == high
            && address.low & AddressPrefix.mask(bits: max(bits - 64, 0)) == low
    }

    private static func mask(bits: Int) -> UInt64 { bits == 0 ? 0 : UInt64.max << UInt64(64 - bits) }
}

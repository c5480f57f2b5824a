/// A range of ports, both ends included.
package struct PortRange: Hashable, Sendable, CustomStringConvertible {
    package let lower: UInt16
    package let upper: UInt16

    /// Why a text is not a port range. The description says what to write instead.
    package enum Mistake: Error, Equatable, CustomStringConvertible {
        case notAPort
        case reversed(lower: UInt16, upper: UInt16)

        package var description: String {
            switch self {
            case .notAPort:
                "is not a port or port range: write for example 443, 8000-8099 or \"*\" (ports are 0 to 65535)"
            case .reversed(let lower, let upper): "is reversed: write \(upper)-\(lower)"
            }
        }
    }

    package init(_ range: ClosedRange<UInt16>) {
        self.lower = range.lowerBound
        self.upper = range.upperBound
    }

    /// Reads `443` or `8000-8099`.
    package init(parsing text: String) throws(Mistake) {
        var ports: [UInt16] = []
        for part in text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false) {
            var digits = part.drop { $0 == " " }
            while digits.last == " " { digits = digits.dropLast() }
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
                throw .notAPort
            }
            ports.append(port)
        }
        guard let lower = ports.first, let upper = ports.last else { throw .notAPort }
        guard lower <= upper else { throw .reversed(lower: lower, upper: upper) }
        self.init(lower...upper)
    }

    package func contains(_ port: UInt16) -> Bool { port >= lower && port <= upper }

    package var description: String { lower == upper ? "\(lower)" : "\(lower)-\(upper)" }
}

/// IP protocols by the names that commands and JSON use; others go by their number.
package enum ProtocolName {
    private static let names: [UInt8: String] = [
        1: "icmp", 6: "tcp", 17: "udp", 47: "gre", 50: "esp", 51: "ah", 58: "icmpv6", 132: "sctp",
    ]

    package static func write(_ number: UInt8) -> String { names[number] ?? "\(number)" }

    /// Reads a name in any case, or a number from 0 to 255; nil where it is neither.
    package static func read(_ text: String) -> UInt8? {
        let lowercased = text.lowercased()
        return names.first { $0.value == lowercased }?.key ?? UInt8(text)
    }

    /// What ``read(_:)`` understands, for messages.
    package static var known: String { all.joined(separator: ", ") }

    /// The names, by their numbers.
    package static var all: [String] { names.sorted { $0.key < $1.key }.map(\.value) }
}

/// The names of IP protocols in commands and JSON. Other protocols are shown as numbers.
package enum ProtocolName {
    private static let names: [UInt8: String] = [
        1: "icmp", 6: "tcp", 17: "udp", 47: "gre", 50: "esp", 51: "ah", 58: "icmpv6", 132: "sctp",
    ]

    package static func write(_ number: UInt8) -> String { names[number] ?? "\(number)" }

    /// Reads a name in any case, or a number from 0 to 255; nil if the text is neither.
    package static func read(_ text: String) -> UInt8? {
        let lowercased = text.lowercased()
        return names.first { $0.value == lowercased }?.key ?? UInt8(text)
    }

    /// The names that ``read(_:)`` accepts, for messages.
    package static var known: String { all.joined(separator: ", ") }

    /// The names, by their numbers.
    package static var all: [String] { names.sorted { $0.key < $1.key }.map(\.value) }
}

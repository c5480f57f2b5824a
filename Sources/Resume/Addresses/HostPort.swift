/// A host and a port: `db:5432`, `10.9.0.4:22`, `[2001:db8::1]:443`.
package struct HostPort: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address, without brackets. Empty: all addresses of this machine.
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// The longest text, in bytes: that of a target in the protocol.
    package static let longest = 255

    /// Reads the address of another machine.
    package static func parse(_ text: String) throws(ResumeProblem) -> HostPort {
        let result = try split(text)
        guard !result.host.isEmpty else {
            throw ResumeProblem("'\(text)' has no host: write HOST:PORT, like db\(text)")
        }
        guard result.port != 0 else { throw ResumeProblem("'\(text)': the port must be 1 to 65535") }
        return result
    }

    /// Reads an address to listen on. Without a host (`:7443`): all addresses. With port 0: any free port.
    package static func parseListener(_ text: String) throws(ResumeProblem) -> HostPort {
        let result = try split(text)
        return result.host == "*" ? HostPort(host: "", port: result.port) : result
    }

    private static func split(_ text: String) throws(ResumeProblem) -> HostPort {
        guard text.utf8.count <= longest else {
            throw ResumeProblem("'\(text.prefix(40))…' is longer than \(longest) bytes")
        }
        guard let colon = text.lastIndex(of: ":") else {
            throw ResumeProblem("'\(text)' has no port: write HOST:PORT, like \(text.isEmpty ? "db" : text):5432")
        }
        guard IPAddress(text) == nil else {
            throw ResumeProblem("'\(text)': write an IPv6 address in brackets, like [\(text)]:5432")
        }
        guard let port = portNumber(text[text.index(after: colon)...]) else {
            throw ResumeProblem("'\(text)': the port must be a number up to 65535")
        }
        return HostPort(host: try host(text[..<colon], of: text), port: port)
    }

    static func portNumber(_ digits: some StringProtocol) -> UInt16? {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt16(digits) : nil
    }

    /// Checks a host, and removes the brackets around an IPv6 address.
    private static func host(_ part: Substring, of text: String) throws(ResumeProblem) -> String {
        if part.hasPrefix("["), part.hasSuffix("]") {
            let inner = String(part.dropFirst().dropLast())
            guard let address = IPAddress(inner), inner.contains(":") else {
                throw ResumeProblem("'\(text)': only an IPv6 address is written in brackets")
            }
            return "\(address)"
        }
        guard !part.contains(":") else {
            throw ResumeProblem("'\(text)': write an IPv6 address in brackets, like [2001:db8::1]:443")
        }
        let isPlain = part == "*" || part.utf8.allSatisfy { isNameByte($0) }
        guard isPlain else { throw ResumeProblem("'\(text)': '\(part)' is not a host's name or address") }
        return String(part)
    }

    /// Whether a byte may be in a host's name. The underscore is used by names of services.
    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

import Glibc

/// The two secrets of the HTTP API: files of the gateway's state, which stay over its restarts.
package struct APITokens: Equatable, Sendable {
    /// Permits reading.
    package let read: String
    /// May read and change.
    package let admin: String

    package init(read: String, admin: String) {
        self.read = read
        self.admin = admin
    }

    package static let readName = "read.token"
    package static let adminName = "admin.token"
    /// Random bytes in a token that is made here.
    private static let randomBytes = 32
    /// Length limits, in characters, of a token that an operator has written.
    private static let shortest = 32
    private static let longest = 512

    /// Reads both files; makes those that are missing.
    ///
    /// - Parameter folder: of the gateway's state.
    package static func make(in folder: String) throws(GatewayError) -> APITokens {
        APITokens(read: try token("\(folder)/\(readName)"), admin: try token("\(folder)/\(adminName)"))
    }

    /// Reads both files.
    package static func read(in folder: String) throws(GatewayError) -> APITokens {
        guard let read = try existing("\(folder)/\(readName)"), let admin = try existing("\(folder)/\(adminName)")
        else { throw GatewayError("\(folder) has no tokens of the API: 'sluice reload' makes them") }
        return APITokens(read: read, admin: admin)
    }

    /// Whether two secrets are the same, in a time that does not depend on where they differ.
    package static func areEqual(_ left: String, _ right: String) -> Bool {
        var left = left
        var right = right
        return left.withUTF8 { left in
            right.withUTF8 { right in
                guard left.count == right.count else { return false }
                var difference: UInt8 = 0
                for index in left.indices { difference |= left[index] ^ right[index] }
                return difference == 0
            }
        }
    }

    private static func token(_ path: String) throws(GatewayError) -> String {
        if let token = try existing(path) { return token }
        // Swift's generator is the system's: getrandom(2).
        let bytes = (0..<randomBytes).map { _ in UInt8.random(in: 0...UInt8.max) }
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }
        do throws(SystemError) {
            try FileStore.replace(path, with: text + [UInt8(ascii: "\n")], mode: 0o600)
        } catch {
            throw GatewayError("the API needs a token in \(path), which can't be made: \(error)")
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The token in a file; nil: there is no such file.
    private static func existing(_ path: String) throws(GatewayError) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw GatewayError("\(SystemError("reading \(path)"))")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw GatewayError(
                "\(path) must belong to the gateway's user, without access for others: remove it, then: sluice reload"
            )
        }
        let bytes = try GatewayError.wrapping { try FileStore.read(path) } ?? []
        let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
        guard (shortest...longest).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw GatewayError(
                "\(path) holds no token: write one line of \(shortest) to \(longest) letters, digits and signs, or remove it "
                    + "to have one made")
        }
        return text
    }
}

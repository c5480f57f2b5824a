import Glibc

/// Tokens: secrets that a client and a server share, one in a file.
package enum TokenFile {
    /// Random bytes of a new token.
    private static let randomBytes = 32
    /// How many characters a token has. With the 64 characters of base64url, 32 of them are 192 bits.
    private static let lengths = 32...512
    /// A text with fewer different characters was typed, and is not random.
    private static let fewestCharacters = 10

    /// Reads a token: the first line of a file that only its owner may read.
    ///
    /// - Returns: The characters of the token, as bytes.
    package static func read(_ path: String) throws(ResumeProblem) -> [UInt8] {
        let bytes = try SecretFile.read(path, "the token", privacy: .owner)
        let end = bytes.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? bytes.endIndex
        let line = [UInt8](bytes[..<end])
        let remedy = "make one with 'sluice resume token \(path)'"
        guard bytes[end...].allSatisfy({ $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) else {
            throw ResumeProblem("\(path) has more than one line: a token is one line; \(remedy)")
        }
        guard lengths.contains(line.count), line.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ResumeProblem(
                "\(path) holds no token, which is a line of \(lengths.lowerBound) to \(lengths.upperBound) letters, digits and signs: "
                    + remedy)
        }
        guard Set(line).count >= fewestCharacters else {
            throw ResumeProblem("\(path): this token can be guessed: \(remedy)")
        }
        return line
    }

    /// Reads `NAME=FILE`, or `FILE`, which is named after the file.
    ///
    /// - Returns: The name that the log shows, and the path.
    package static func named(_ text: String) throws(ResumeProblem) -> (name: String, path: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let path = parts[parts.count - 1]
        let name = parts.count == 2 ? parts[0] : String(path.split(separator: "/").last ?? "")
        guard !path.isEmpty, !name.isEmpty else {
            throw ResumeProblem("'\(text)': write FILE or NAME=FILE, like berlin=/etc/sluice-resume/berlin.token")
        }
        guard name.utf8.allSatisfy({ HostPort.isNameByte($0) }) else {
            throw ResumeProblem("'\(text)': a name has letters, digits, '.', '-' and '_': write NAME=FILE")
        }
        return (name, path)
    }

    /// A new token: 32 random bytes as base64url (RFC 4648, 5), 43 characters.
    package static func new() -> String {
        // Swift's generator is the system's: getrandom(2).
        let bytes = (0..<randomBytes).map { _ in UInt8.random(in: 0...UInt8.max) }
        let digits = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(digits[Int(bits >> UInt32(count) & 0x3F)])
            }
        }
        if count > 0 { text.append(digits[Int(bits << UInt32(6 - count) & 0x3F)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Writes a new token into a new file that only its owner may read.
    ///
    /// - Throws: ``ResumeProblem``, also if the file exists: clients may use its token.
    package static func create(_ path: String) throws(ResumeProblem) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            let why = String(cString: strerror(errno))
            throw ResumeProblem(
                errno == EEXIST
                    ? "\(path) exists: write the path of a new file, or remove it if no client uses its token"
                    : "\(path) can't be written: \(why)")
        }
        defer { close(descriptor) }
        // Whatever the mask of the process is.
        fchmod(descriptor, 0o600)
        let line = [UInt8](new().utf8) + [UInt8(ascii: "\n")]
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            let why = String(cString: strerror(errno))
            unlink(path)
            throw ResumeProblem("\(path) can't be written: \(why)")
        }
    }
}

import FoundationEssentials
import Glibc

/// A configuration text together with the files that it names, as one text. A gateway stores this as the configuration
/// in force, so that later changes of the files do not affect it.
///
/// The files follow the text as comments, one line each: a marker, the file's name and its bytes, both in base64.
enum EmbeddedFiles {
    private static let mark = "#%sluice-file "

    static func join(_ text: [UInt8], _ files: [String: [UInt8]]) -> [UInt8] {
        if files.isEmpty { return text }
        var result = text
        if result.last != UInt8(ascii: "\n") { result.append(UInt8(ascii: "\n")) }
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            let name = Data(name.utf8).base64EncodedString()
            result += Array("\(mark)\(name) \(Data(bytes).base64EncodedString())\n".utf8)
        }
        return result
    }

    /// Separates a text from the files that follow it. Works on bytes, because the files may have some megabytes.
    static func part(_ text: String) -> (text: String, files: [String: [UInt8]]) {
        let bytes = Array(text.utf8)
        let lines = lineStarts(of: bytes)
        guard let first = lines.first else { return (text, [:]) }
        var files: [String: [UInt8]] = [:]
        for start in lines {
            let end = lineEnd(in: bytes, from: start)
            let parts = bytes[(start + mark.utf8.count)..<end].split(separator: UInt8(ascii: " "))
            guard parts.count == 2 || parts.count == 1, let name = Data(base64Encoded: Data(parts[0])),
                let content = Data(base64Encoded: parts.count == 2 ? Data(parts[1]) : Data())
            else { continue }
            files[String(decoding: name, as: UTF8.self)] = Array(content)
        }
        return (String(decoding: bytes[..<first], as: UTF8.self), files)
    }

    /// Where the lines with files begin; empty if the text begins with one.
    private static func lineStarts(of bytes: [UInt8]) -> [Int] {
        let mark = Array(mark.utf8)
        var starts: [Int] = []
        var next = lineEnd(in: bytes, from: 0) + 1
        while next < bytes.count {
            if bytes[next...].starts(with: mark) { starts.append(next) }
            next = lineEnd(in: bytes, from: next) + 1
        }
        return starts
    }

    /// The end of a line: the index of its line feed, or the end of the text.
    private static func lineEnd(in bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBytes { buffer in
            guard start < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + start, 0x0A, buffer.count - start)
            else { return buffer.count }
            return UnsafeRawPointer(found) - base
        }
    }
}

import FoundationEssentials

/// A configuration text with the files that it names, as one text: what a gateway keeps as "in force" must not change with them.
///
/// The files follow the text as comments, a line each: a mark, the file's name and its bytes, both in base64.
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

    /// Parts a text from the files that follow it.
    static func part(_ text: String) -> (text: String, files: [String: [UInt8]]) {
        guard text.utf8.count > mark.utf8.count, let start = text.firstRange(of: "\n" + mark) else {
            return (text, [:])
        }
        var files: [String: [UInt8]] = [:]
        for line in text[start.lowerBound...].split(separator: "\n") where line.hasPrefix(mark) {
            let parts = line.dropFirst(mark.count).split(separator: " ")
            guard parts.count == 2 || parts.count == 1, let name = Data(base64Encoded: String(parts[0])),
                let bytes = Data(base64Encoded: parts.count == 2 ? String(parts[1]) : "")
            else { continue }
            files[String(decoding: name, as: UTF8.self)] = Array(bytes)
        }
        return (String(text[...start.lowerBound]), files)
    }
}

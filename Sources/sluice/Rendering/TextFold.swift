/// Folds text to the width of a terminal, between words if possible. The rest is aligned with the beginning of the text.
enum TextFold {
    /// Maximum columns of a name in front of a value: `idle timeouts   `.
    private static let nameColumns = 40
    /// In a narrower space the text is not folded, and the terminal wraps it.
    private static let minimumWidth = 20

    /// The lines of a cell of this width.
    static func cell(_ text: String, width: Int) -> [String] {
        guard text.count > width else { return [text] }
        var lines: [String] = []
        var rest = Substring(text)
        while rest.count > width {
            let room = rest.prefix(width)
            // After a space, or a separator in an address or a list, otherwise anywhere.
            let isClean = rest[room.endIndex] == " "
            let cut = isClean ? room.endIndex : room.lastIndex { " ,:;".contains($0) }.map { room.index(after: $0) }
            let head = cut.map { room[..<$0] }.flatMap { $0.contains { $0 != " " } ? $0 : nil } ?? room
            lines.append(trimmed(head))
            rest = rest[head.endIndex...].drop { $0 == " " }
        }
        if !rest.isEmpty { lines.append(String(rest)) }
        return lines
    }

    /// A line, folded between words. Further lines are indented to the beginning of the value (`name   value`), or by two.
    static func lines(_ line: String, width: Int?) -> [String] {
        guard let width, width >= minimumWidth, columns(line[...]) > width else { return [line] }
        let indent = String(repeating: " ", count: min(hangingIndent(line), width / 2))
        var result: [String] = []
        var current = ""
        // The indentation of a line, and the gap after a name, belong to the line's first word.
        var isAtStart = true
        for word in words(line) {
            let room = width - columns(current[...])
            if !isAtStart, columns(word.drop { $0 == " " }) + leading(word) > room {
                result.append(trimmed(current[...]))
                current = indent + word.drop { $0 == " " }
            } else {
                current += word
            }
            isAtStart = false
            // A word that is longer than a line.
            if columns(current[...]) > width, !current.contains("\u{1B}") {
                let begin = current.prefix { $0 == " " }
                let parts = cell(String(current.dropFirst(begin.count)), width: width - begin.count)
                result += parts.dropLast().enumerated().map { ($0.offset == 0 ? begin : indent[...]) + $0.element }
                current = (parts.count > 1 ? indent[...] : begin) + (parts.last ?? "")
            }
        }
        return result + [trimmed(current[...])]
    }

    /// A text of several lines.
    static func page(_ text: String, width: Int?) -> String {
        guard width != nil else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { lines(String($0), width: width) }.joined(separator: "\n")
    }

    /// Words, each with the spaces before it.
    private static func words(_ line: String) -> [Substring] {
        var words: [Substring] = []
        var start = line.startIndex
        while start < line.endIndex {
            let word = line[start...].drop { $0 == " " }
            let end = word.firstIndex(of: " ") ?? line.endIndex
            words.append(line[start..<end])
            start = end
        }
        return words
    }

    private static func leading(_ word: Substring) -> Int { word.prefix { $0 == " " }.count }

    /// The column after the last gap of two spaces near the line's beginning.
    private static func hangingIndent(_ line: String) -> Int {
        let plain = Array(withoutCodes(line[...]))
        let begin = plain.prefix { $0 == " " }.count
        var indent = begin + 2
        for index in plain.indices.dropFirst(begin + 1).prefix(nameColumns)
        where index + 1 < plain.count && plain[index] == " " && plain[index - 1] == " " && plain[index + 1] != " " {
            indent = index + 1
        }
        return indent
    }

    /// Columns of a text. Colour codes have no width.
    private static func columns(_ text: Substring) -> Int { withoutCodes(text).count }

    private static func withoutCodes(_ text: Substring) -> String {
        guard text.contains("\u{1B}") else { return String(text) }
        var result = ""
        var isCode = false
        for character in text {
            if character == "\u{1B}" { isCode = true }
            if !isCode { result.append(character) }
            if isCode, character.isLetter { isCode = false }
        }
        return result
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = String(text)
        while text.last == " " { text.removeLast() }
        return text
    }
}

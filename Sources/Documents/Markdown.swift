/// Parts of Markdown that all generated pages use.
enum Markdown {
    /// A whole page: notice, title, introduction, parts.
    static func page(_ title: String, _ introduction: String, _ parts: [String]) -> String {
        let notice =
            "<!-- Made by \(GeneratedDocument.command) of what the program says. Edit the program, not this page. -->"
        return ([notice, "# \(title)", introduction] + parts).joined(separator: "\n\n") + "\n"
    }

    static func section(_ title: String, level: Int = 2, _ parts: [String]) -> String {
        ([String(repeating: "#", count: level) + " " + title] + parts.filter { !$0.isEmpty }).joined(separator: "\n\n")
    }

    static func table(_ head: [String], _ rows: [[String]]) -> String {
        precondition(rows.allSatisfy { $0.count == head.count }, "a row of the table '\(head[0])' has another width")
        let line = { (cells: [String]) in "| " + cells.map(cell).joined(separator: " | ") + " |" }
        return ([line(head), "|" + String(repeating: "---|", count: head.count)] + rows.map(line))
            .joined(separator: "\n")
    }

    static func block(_ language: String, _ text: String) -> String { "```\(language)\n\(text)\n```" }

    static func code(_ text: String) -> String { "`\(text)`" }

    static func list(_ items: [String]) -> String { items.map { "- \($0)" }.joined(separator: "\n") }

    private static func cell(_ text: String) -> String {
        text.split(separator: "\n").joined(separator: " ").replacing("|", with: "\\|").replacing("<", with: "&lt;")
    }
}

extension String {
    /// Replaces every occurrence of a character.
    fileprivate func replacing(_ text: Character, with other: String) -> String {
        reduce(into: "") { $0 += $1 == text ? other : String($1) }
    }

    /// With a lower-case first letter, unless the first word is an abbreviation.
    var asWord: String {
        let word = prefix { !$0.isWhitespace }
        guard word.dropFirst().allSatisfy({ !$0.isUppercase }) else { return self }
        return prefix(1).lowercased() + dropFirst()
    }
}

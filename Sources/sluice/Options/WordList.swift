import ArgumentParser
import Policy

/// The words that an option takes: read in any case, completed by the shell, and named with the nearest one where another is written.
struct WordList<Value: Sendable>: Sendable {
    struct Entry: Sendable {
        let word: String
        let value: Value
    }

    /// What a word is: `state of a session`.
    let noun: String
    let entries: [Entry]
    /// Shorter words, which are read and not named.
    let aliases: [Entry]

    init(_ noun: String, _ entries: [Entry], aliases: [Entry] = []) {
        self.noun = noun
        self.entries = entries
        self.aliases = aliases
    }

    var known: [String] { entries.map(\.word) }
    var completion: CompletionKind { .list(known) }

    /// The value of a word; capitals and hyphens don't matter.
    func read(_ text: String) throws -> Value {
        let wanted = WordText.plain(text)
        guard let found = (entries + aliases).first(where: { WordText.plain($0.word) == wanted }) else {
            throw ValidationError(
                "'\(text)' is no \(noun)\(WordText.suggestion(for: text, among: known)): write "
                    + WordText.alternatives(known))
        }
        return found.value
    }
}

/// How words are named in messages.
enum WordText {
    /// ` (did you mean established?)`, or nothing where no word is near.
    static func suggestion(for text: String, among known: [String]) -> String {
        DidYouMean.nearest(to: text, among: known).map { " (did you mean \($0)?)" } ?? ""
    }

    /// `a`; `a or b`; `a, b or c`.
    static func alternatives(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.joined() }
        return "\(words.dropLast().joined(separator: ", ")) or \(last)"
    }

    static func plain(_ text: String) -> String { text.lowercased().filter { $0 != "-" } }
}

import ArgumentParser
import Policy

/// The words that an option accepts, in upper or lower case. The shell completes them. The message for an unknown word
/// lists them, and suggests the nearest one.
struct WordList<Value: Sendable>: Sendable {
    struct Entry: Sendable {
        let word: String
        let value: Value
    }

    /// What a word is: `state of a session`.
    let noun: String
    let entries: [Entry]
    /// Shorter words, which are accepted but not listed.
    let aliases: [Entry]

    init(_ noun: String, _ entries: [Entry], aliases: [Entry] = []) {
        self.noun = noun
        self.entries = entries
        self.aliases = aliases
    }

    var known: [String] { entries.map(\.word) }
    var completion: CompletionKind { .list(known) }

    /// The value of a word. Upper or lower case and hyphens make no difference.
    func read(_ text: String) throws -> Value {
        let wanted = WordText.plain(text)
        guard let found = (entries + aliases).first(where: { WordText.plain($0.word) == wanted }) else {
            throw ValidationError(
                "'\(text)' is not a \(noun)\(WordText.suggestion(for: text, among: known)): write "
                    + WordText.alternatives(known))
        }
        return found.value
    }
}

/// Formats words in messages.
enum WordText {
    /// ` (did you mean established?)`, or an empty string if no word is similar.
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

/// The style of terminal output: whether colours are used, and the width. A colour only repeats what the words say.
struct TextStyle: Sendable {
    let isColoured: Bool
    /// In columns; nil: not a terminal, so the width is unlimited.
    let width: Int?

    static let plain = TextStyle(isColoured: false, width: nil)

    static func plain(width: Int) -> TextStyle { TextStyle(isColoured: false, width: width) }

    /// Colours only on a terminal that has them, and not if NO_COLOR is set to any non-empty value (no-color.org).
    init(isTerminal: Bool, width: Int? = nil, environment: (String) -> String?) {
        self.width = isTerminal ? width : nil
        let refused = environment("NO_COLOR").map { !$0.isEmpty } ?? false
        isColoured = isTerminal && !refused && environment("TERM") != "dumb"
    }

    private init(isColoured: Bool, width: Int?) {
        self.isColoured = isColoured
        self.width = width
    }

    func bold(_ text: String) -> String { wrap(text, "1") }
    func good(_ text: String) -> String { wrap(text, "32") }
    func warning(_ text: String) -> String { wrap(text, "33") }
    func bad(_ text: String) -> String { wrap(text, "31") }

    private func wrap(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

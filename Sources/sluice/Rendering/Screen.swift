/// A place that is drawn again and again: on a terminal over itself, elsewhere one after the other.
struct Screen {
    private let isTerminal: Bool

    init(isTerminal: Bool = Console.outputIsTerminal) { self.isTerminal = isTerminal }

    /// The bytes that show `text` instead of what was shown before, cut to the terminal's height.
    static func frame(_ text: String, width: Int?, height: Int?) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        if let height, lines.count > height - 1 {
            let hidden = lines.count - height + 2
            lines = lines.prefix(max(height - 2, 1)) + ["... \(hidden) more lines"]
        }
        if let width { lines = lines.map { $0.contains("\u{1B}") ? $0 : String($0.prefix(width)) } }
        // Home, each line erased to its end, then all below: no flicker, as a cleared screen would have.
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }

    func begin() {
        if isTerminal { Console.output("\u{1B}[2J") }
    }

    func draw(_ text: String) {
        Console.output(isTerminal ? Screen.frame(text, width: Console.width, height: Console.height) : text)
    }
}

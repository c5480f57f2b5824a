import Glibc

/// Output that is redrawn repeatedly: in place on a terminal, otherwise one text after the other.
struct Screen {
    private let isTerminal: Bool

    init(isTerminal: Bool = Console.outputIsTerminal) { self.isTerminal = isTerminal }

    /// The bytes that replace the earlier text with `text`, cut to the terminal's height.
    static func frame(_ text: String, width: Int?, height: Int?) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        if let height, lines.count > height - 1 {
            let hidden = lines.count - height + 2
            lines = lines.prefix(max(height - 2, 1)) + ["... \(hidden) more lines"]
        }
        if let width { lines = lines.map { cut($0, toColumns: width) } }
        // Cursor home, each line erased to its end, then everything below. A cleared screen would flicker.
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }

    /// The part of a line that fits into a terminal of this width. Colour codes have no width, and all of them are kept.
    static func cut(_ line: String, toColumns width: Int) -> String {
        var result = ""
        var columns = 0
        var isCode = false
        for character in line {
            if character == "\u{1B}" { isCode = true }
            if isCode {
                result.append(character)
                if character.isLetter { isCode = false }
            } else if columns < width {
                result.append(character)
                columns += 1
            }
        }
        return result
    }

    func begin() {
        if isTerminal { Console.output("\u{1B}[2J") }
    }

    func draw(_ text: String) {
        guard isTerminal else { return Console.output(text) }
        let width = Console.width
        Console.output(Screen.frame(TextFold.page(text, width: width), width: width, height: Console.height))
    }
}

/// A pause of this thread between two polls.
enum Pause {
    static func seconds(_ seconds: Double) {
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
        nanosleep(&time, nil)
    }
}

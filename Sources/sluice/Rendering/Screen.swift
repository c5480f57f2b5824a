import Glibc

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
        if let width { lines = lines.map { cut($0, toColumns: width) } }
        // Home, each line erased to its end, then all below: no flicker, as a cleared screen would have.
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }

    /// The part of a line that a terminal of this width has room for; codes of colour take none, and are all kept.
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

/// A rest of this thread between two looks.
enum Pause {
    static func seconds(_ seconds: Double) {
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
        nanosleep(&time, nil)
    }
}

/// Prints the progress of the demo: line by line, or, on a terminal, below a live table of the sessions.
actor Narrator {
    private let toErrors: Bool
    private let began = ContinuousClock.now
    private var lines: [String] = []
    private var screen: Screen?

    /// - Parameters:
    ///   - isLive: whether lines appear below a table that is redrawn, instead of one after the other.
    ///   - toErrors: whether to print to stderr, because stdout has another use.
    init(isLive: Bool, toErrors: Bool) {
        self.toErrors = toErrors
        if isLive {
            let screen = Screen()
            screen.begin()
            self.screen = screen
        }
    }

    func say(_ line: String) {
        let stamped = "\(HumanText.duration(seconds: elapsedSeconds))  \(line)"
        lines.append(stamped)
        guard screen == nil else { return }
        if toErrors { Console.note(stamped) } else { Console.outputLine(stamped) }
    }

    var elapsedSeconds: Double {
        let elapsed = ContinuousClock.now - began
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    }

    /// Whether ``draw(_:)`` shows anything.
    var isLive: Bool { screen != nil }

    /// Shows a table, and the last lines below it.
    func draw(_ table: String) {
        guard let screen else { return }
        screen.draw(table + "\n" + lines.suffix(12).map { $0 + "\n" }.joined())
    }

    /// Ends the live table, so that later output appears below it.
    func endLive() {
        screen = nil
    }
}

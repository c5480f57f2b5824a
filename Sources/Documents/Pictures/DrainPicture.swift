import Fleet
import Policy

/// A drain on a time line, by the profiles' own times.
enum DrainPicture {
    private static let left = 150
    /// Pixels of a second.
    private static let scale = 8

    static var drawing: Drawing {
        var drawing = Drawing(width: 900, height: 262, title: "What an instance that drains does, second by second")
        draw(.azure, "azure", at: 40, in: &drawing)
        draw(.azure2025, "azure-2025, azure-2022", at: 165, in: &drawing)
        return drawing
    }

    private static func draw(_ profile: Profile, _ name: String, at y: Int, in drawing: inout Drawing) {
        let settings = profile.drain
        let times = DrainTimes(refuse: settings.refuse, reset: settings.reset)
        let end = times.refuse + times.reset
        let words = name.split(separator: " ").map(String.init)
        for (index, word) in words.enumerated() {
            drawing.text(word, at: Point(x: 10, y: y + 22 + 18 * index), style: "name", anchor: "start")
        }
        drawing.box(
            bar(from: 0, to: times.refuse, y), ["no new session", "existing ones go on, no RST is sent"], tone: .warning
        )
        if times.reset > 0 {
            drawing.box(bar(from: times.refuse, to: times.refuse + times.pacing, y), ["RST", "to all"], tone: .bad)
            drawing.box(
                bar(from: times.refuse + times.pacing, to: end, y),
                ["RST for what still speaks", "repeated at the marks"], tone: .bad)
        }
        let marks = [0, times.refuse, times.refuse + times.pacing] + times.repeats + [end]
        for time in Set(times.reset > 0 ? marks : [0, end]).sorted() {
            let x = position(time)
            drawing.line(from: Point(x: x, y: y + 44), to: Point(x: x, y: y + 56))
            drawing.text("\(time / .second) s", at: Point(x: x, y: y + 70), style: "small")
        }
        drawing.text("recycled", at: Point(x: position(end), y: y - 6), style: "small")
        if times.reset == 0 {
            drawing.text(
                "what is left is dropped without a RST", at: Point(x: position(end), y: y + 84), style: "small",
                anchor: "end")
        }
    }

    private static func position(_ time: UInt64) -> Int { left + Int(time / .second) * scale }

    private static func bar(from start: UInt64, to end: UInt64, _ y: Int) -> Area {
        Area(x: position(start), y: y, width: position(end) - position(start), height: 44)
    }
}

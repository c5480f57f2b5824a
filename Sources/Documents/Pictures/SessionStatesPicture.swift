/// The states of a session, and the transitions that the comments of `SessionState` name.
enum SessionStatesPicture {
    enum Problem: Error, CustomStringConvertible {
        case notDrawn(Transitions.Transition)

        var description: String {
            switch self {
            case .notDrawn(let transition):
                "the picture has no arrow from \(transition.from) to \(transition.to): add one to SessionStatesPicture"
            }
        }
    }

    private static let live = ["synSent", "synReceived", "established", "closing"]
    private static let group = Area(x: 210, y: 40, width: 640, height: 90)

    private static let places: [String: (area: Area, text: String, tone: Drawing.Tone)] = [
        "beginning": (Area(x: 50, y: 60, width: 120, height: 52), "being filled", .plain),
        "synSent": (Area(x: 230, y: 60, width: 130, height: 52), "SYN forwarded", .warning),
        "synReceived": (Area(x: 385, y: 60, width: 145, height: 52), "SYN-ACK forwarded", .warning),
        "established": (Area(x: 555, y: 60, width: 140, height: 52), "both acknowledged", .good),
        "closing": (Area(x: 720, y: 60, width: 115, height: 52), "a FIN was sent", .warning),
        "abandoned": (Area(x: 50, y: 200, width: 120, height: 52), "never a session", .plain),
        "closed": (Area(x: 300, y: 200, width: 150, height: 52), "both FINs, or a RST", .plain),
        "resetting": (Area(x: 560, y: 200, width: 150, height: 52), "tombstone", .bad),
        "free": (Area(x: 50, y: 330, width: 120, height: 52), "no session", .plain),
        "ended": (Area(x: 295, y: 330, width: 160, height: 52), "key taken out: kernel", .plain),
        "ending": (Area(x: 555, y: 330, width: 160, height: 52), "key taken out: owner", .plain),
    ]

    static func drawing(transitions: Transitions) throws -> Drawing {
        var drawing = Drawing(width: 940, height: 430, title: "The states of a session and their transitions")
        drawing.box(group, [], tone: .quiet)
        drawing.text("a live session", at: Point(x: group.x + 4, y: 148), style: "heading", anchor: "start")
        for (name, place) in places.sorted(by: { $0.key < $1.key }) {
            drawing.box(place.area, [name, place.text], tone: place.tone)
        }
        var rest = Set(transitions.all)
        // What every live state can become is one arrow, from all of them.
        for to in ["closed", "resetting", "ending"] {
            let each = live.map { Transitions.Transition(from: $0, to: to) }
            guard Set(each).isSubset(of: rest) else { continue }
            rest.subtract(each)
            draw("live", to, in: &drawing)
        }
        for transition in transitions.all where rest.contains(transition) {
            guard draw(transition.from, transition.to, in: &drawing) else { throw Problem.notDrawn(transition) }
        }
        return drawing
    }

    /// Draws an arrow; false where the picture has no place for it.
    @discardableResult
    private static func draw(_ from: String, _ to: String, in drawing: inout Drawing) -> Bool {
        guard let target = places[to]?.area else { return false }
        let start = places[from]?.area ?? group
        switch (from, to) {
        case ("live", "closed"):
            drawing.arrow(Point(x: 375, y: 130), target.top)
            drawing.text("FINs, exact RST", at: Point(x: 368, y: 170), style: "small", anchor: "end")
        case ("live", "resetting"):
            drawing.arrow(Point(x: target.top.x, y: 130), target.top)
            drawing.text("reset by the firewall", at: Point(x: 628, y: 170), style: "small", anchor: "end")
        case ("live", "ending"):
            drawing.arrow(
                Point(x: 800, y: 130), Point(x: 800, y: target.middle.y), target.right)
            drawing.text("half-open timeout,", at: Point(x: 806, y: 220), style: "small", anchor: "start")
            drawing.text("silent expiry", at: Point(x: 806, y: 235), style: "small", anchor: "start")
        case ("free", "beginning"):
            drawing.arrow(start.left, Point(x: 25, y: start.middle.y), Point(x: 25, y: target.middle.y), target.left)
        case ("beginning", "synSent"), ("synSent", "synReceived"), ("synReceived", "established"),
            ("established", "closing"):
            drawing.arrow(start.right, target.left)
        case ("beginning", "established"):
            drawing.curve(from: start.top, by: Point(x: 360, y: -20), to: target.top)
            drawing.text("not TCP", at: Point(x: 360, y: 12), style: "small")
        case ("beginning", "abandoned"), ("abandoned", "free"), ("closed", "ended"), ("resetting", "ending"):
            drawing.arrow(start.bottom, target.top)
        case ("established", "resetting"), ("closing", "resetting"):
            let shift = from == "closing" ? 30 : -20
            drawing.arrow(start.bottom, Point(x: target.top.x + shift, y: target.top.y))
            if from == "closing" {
                drawing.text("reset by the firewall", at: Point(x: 600, y: 175), style: "small", anchor: "end")
            }
        case ("closed", "ending"):
            drawing.arrow(Point(x: 430, y: start.bottom.y), Point(x: 575, y: target.top.y))
        case ("resetting", "ended"):
            drawing.arrow(Point(x: 580, y: start.bottom.y), Point(x: 435, y: target.top.y))
        case ("ended", "free"):
            drawing.arrow(start.left, target.right)
        case ("ending", "free"):
            drawing.arrow(
                start.bottom, Point(x: start.bottom.x, y: 408), Point(x: target.bottom.x, y: 408), target.bottom)
        default: return false
        }
        return true
    }
}

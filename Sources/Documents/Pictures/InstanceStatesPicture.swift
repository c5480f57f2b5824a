import Fleet

/// The life of an instance: the transitions that the fleet's machine allows.
enum InstanceStatesPicture {
    private static let watched: [InstanceState] = InstanceState.allCases.filter(\.isWatched)
    private static let group = Area(x: 350, y: 40, width: 530, height: 92)

    static var drawing: Drawing {
        var drawing = Drawing(width: 900, height: 340, title: "The states of an instance and their transitions")
        drawing.box(group, [], tone: .quiet)
        drawing.text(
            "has sessions, and must show that it lives", at: Point(x: group.x, y: 32), style: "heading", anchor: "start"
        )
        for state in InstanceState.allCases {
            let (area, text, tone) = place(state)
            drawing.box(area, [state.name, text], tone: tone)
        }
        for to in InstanceState.allCases {
            // What every watched state can become is one arrow, from all of them.
            let isShared = watched.allSatisfy { $0.canBecome(to) }
            if isShared { draw(nil, to, in: &drawing) }
            for from in InstanceState.allCases where from.canBecome(to) && !(isShared && watched.contains(from)) {
                draw(from, to, in: &drawing)
            }
        }
        return drawing
    }

    private static func place(_ state: InstanceState) -> (area: Area, text: String, tone: Drawing.Tone) {
        switch state {
        case .stopped: (Area(x: 20, y: 60, width: 120, height: 52), "no process", .plain)
        case .starting: (Area(x: 180, y: 60, width: 140, height: 52), "process requested", .plain)
        case .serving: (Area(x: 368, y: 60, width: 148, height: 52), "takes new sessions", .good)
        case .drainingRefuse: (Area(x: 560, y: 60, width: 140, height: 52), "takes no new ones", .warning)
        case .drainingReset: (Area(x: 740, y: 60, width: 120, height: 52), "resets the rest", .warning)
        case .ending: (Area(x: 190, y: 220, width: 180, height: 52), "process asked to end", .plain)
        case .unresponsive: (Area(x: 560, y: 220, width: 160, height: 52), "killed, replaced", .bad)
        }
    }

    /// - Parameter from: nil for all watched states together.
    private static func draw(_ from: InstanceState?, _ to: InstanceState, in drawing: inout Drawing) {
        let target = place(to).area
        let start = from.map { place($0).area } ?? group
        switch (from, to) {
        case (nil, .ending):
            drawing.arrow(Point(x: 420, y: 132), Point(x: 340, y: target.y))
            drawing.text("no session left, time over, stop", at: Point(x: 400, y: 180), style: "small", anchor: "start")
        case (nil, .unresponsive):
            drawing.arrow(Point(x: target.top.x, y: 132), target.top)
            drawing.text(
                "no answer, or its process ended", at: Point(x: target.top.x + 8, y: 180), style: "small",
                anchor: "start")
        case (.starting, .ending): drawing.arrow(start.bottom, Point(x: start.bottom.x, y: target.y))
        case (.starting, .stopped), (.drainingRefuse, .serving):
            drawing.arrow(Point(x: start.x, y: start.y + 38), Point(x: target.x + target.width, y: start.y + 38))
            if from == .drainingRefuse { drawing.text("cancel", at: Point(x: start.x - 22, y: 113), style: "small") }
        case (.stopped, .starting), (.starting, .serving), (.serving, .drainingRefuse),
            (.drainingRefuse, .drainingReset):
            drawing.arrow(Point(x: start.x + start.width, y: start.y + 18), Point(x: target.x, y: start.y + 18))
        case (.ending, .stopped):
            drawing.arrow(start.left, Point(x: 60, y: start.middle.y), Point(x: 60, y: 112))
        case (.unresponsive, .stopped):
            drawing.arrow(start.bottom, Point(x: start.bottom.x, y: 305), Point(x: 35, y: 305), Point(x: 35, y: 112))
        default:
            preconditionFailure("the picture has no arrow from \(from?.name ?? "all") to \(to.name): add one")
        }
    }
}

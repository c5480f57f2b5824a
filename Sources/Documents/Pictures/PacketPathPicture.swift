import FlowCore

/// What happens to a packet, in order, with the reasons for which each step may drop it.
enum PacketPathPicture {
    private enum Step: CaseIterable {
        case parse, find, follow, route, host, rules, slot
    }

    /// The step that drops for a reason. Every reason has one: a new reason does not compile without.
    private static func step(_ reason: DropReason) -> Step {
        switch reason {
        case .malformed, .unsupported, .fragment: .parse
        case .noSession, .sessionEnding: .find
        case .invalidReset, .outOfWindow, .invalidFlags, .tombstone: .follow
        case .noRoute, .wrongZone: .route
        case .hostDenied: .host
        case .denied: .rules
        case .capacity, .limited: .slot
        }
    }

    static var drawing: Drawing {
        var drawing = Drawing(
            width: 1060, height: 430,
            title: "The packet path: parse, find the session, follow it or admit a new one, look up the next hop, send")
        drawing.text("every packet, in the kernel", at: Point(x: 20, y: 30), style: "heading", anchor: "start")
        let packet = area(0, 0)
        let next = area(4, 0)
        let out = area(5, 0)
        let slow = area(5, 1)
        drawing.box(packet, ["Packet", "zone interface"], tone: .quiet)
        drawing.box(place(.parse), ["1. Parse", "only legal values"])
        drawing.box(place(.find), ["2. Find the session", "by the 5-tuple"])
        drawing.box(place(.follow), ["3. Follow it", "state, window, timer"], tone: .good)
        drawing.box(next, ["5. Next hop", "TTL, link addresses"])
        drawing.box(out, ["Out", "zone interface"], tone: .quiet)
        drawing.box(place(.route), ["4a. Route", "and forged sources"])
        drawing.box(place(.rules), ["4b. Rules", "groups, then own"])
        drawing.box(place(.slot), ["4c. Take a slot", "new session"], tone: .good)
        drawing.box(slow, ["Slow path", "kernel, then guard"], tone: .warning)
        drawing.box(place(.host), ["Host rules", "gateway's addresses"])
        let own = area(3, 2)
        drawing.box(own, ["The gateway itself", "ssh, API"], tone: .quiet)

        drawing.arrow(packet.right, place(.parse).left)
        drawing.arrow(place(.parse).right, place(.find).left)
        drawing.arrow(place(.find).right, place(.follow).left)
        drawing.text("yes", at: Point(x: place(.find).right.x + 15, y: place(.find).right.y - 8), style: "small")
        drawing.arrow(place(.follow).right, next.left)
        drawing.arrow(next.right, out.left)
        let down = { (from: Area, to: Area) in
            (Point(x: from.x + 120, y: from.y + from.height), Point(x: to.x + 120, y: to.y))
        }
        let missing = down(place(.find), place(.route))
        drawing.arrow(missing.0, missing.1)
        drawing.text("no: new", at: Point(x: missing.0.x + 6, y: missing.0.y + 78), style: "small", anchor: "start")
        let local = down(place(.route), place(.host))
        drawing.arrow(local.0, local.1)
        drawing.text("for itself", at: Point(x: local.0.x + 6, y: local.0.y + 50), style: "small", anchor: "start")
        drawing.arrow(place(.route).right, place(.rules).left)
        drawing.arrow(place(.rules).right, place(.slot).left)
        drawing.arrow(place(.slot).top, next.bottom)
        drawing.arrow(place(.host).right, own.left)
        drawing.arrow(
            Point(x: next.x + 120, y: next.y + next.height), Point(x: next.x + 120, y: 140),
            Point(x: slow.x + 50, y: 140), Point(x: slow.x + 50, y: slow.y), dashed: true)
        for (index, words) in ["what the fast", "path can't do"].enumerated() {
            drawing.text(
                words, at: Point(x: slow.x + 44, y: 164 + 14 * index), style: "small", anchor: "end")
        }
        drawing.arrow(Point(x: slow.x + 100, y: slow.y), Point(x: out.x + 100, y: out.y + out.height), dashed: true)

        for step in Step.allCases {
            let reasons = DropReason.allCases.filter { self.step($0) == step }
            for (index, reason) in reasons.enumerated() {
                drawing.text(
                    reason.name, at: Point(x: place(step).x + 2, y: place(step).bottom.y + 16 + 15 * index),
                    style: "drop", anchor: "start")
            }
        }
        drawing.text(
            "red: the reason for which a step drops a packet", at: Point(x: 20, y: 405), style: "drop", anchor: "start")
        return drawing
    }

    private static func place(_ step: Step) -> Area {
        switch step {
        case .parse: area(1, 0)
        case .find: area(2, 0)
        case .follow: area(3, 0)
        case .route: area(2, 1)
        case .rules: area(3, 1)
        case .slot: area(4, 1)
        case .host: area(2, 2)
        }
    }

    private static func area(_ column: Int, _ row: Int) -> Area {
        Area(x: 20 + 174 * column, y: 50 + 140 * row, width: 150, height: 52)
    }
}

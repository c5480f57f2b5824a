extension FleetDirective: CustomStringConvertible {
    /// One line, for logs, traces and tests: `reset 1 within 15 s`.
    package var description: String {
        switch self {
        case .start(let identifier, let binary): "start \(identifier)" + (binary.map { " of \($0)" } ?? "")
        case .steer(let identifiers, let first):
            "steer \(FleetDirective.list(identifiers))"
                + (first == identifiers ? "" : " first \(FleetDirective.list(first))")
        case .setState(let identifier, let state): "state \(identifier) \(state.name)"
        case .resetAll(let identifier, let within): "reset \(identifier) within \(secondsText(within))"
        case .repeatResets(let identifier): "repeat \(identifier)"
        case .endProcess(let identifier, let kill): "\(kill ? "kill" : "end") \(identifier)"
        case .moveSlabs(let from, let heirs): "move \(from) to \(FleetDirective.list(heirs))"
        case .discardSessions(let identifier, let reason): "discard \(identifier) \(reason.rawValue)"
        case .ask(let identifiers, _): "ask \(FleetDirective.list(identifiers))"
        case .measure: "measure"
        case .checkBinary(let binary): "check \(binary ?? "the running binary")"
        case .record(let change):
            "record \(change.kind.rawValue)" + (change.instance.map { " \($0)" } ?? "") + ": \(change.cause)"
                + change.detailsText
        case .accept(_, let text): "accept: \(text)"
        case .refuse(_, let text): "refuse: \(text)"
        }
    }

    private static func list(_ identifiers: [InstanceIdentifier]) -> String {
        identifiers.isEmpty ? "nobody" : identifiers.map(String.init).joined(separator: ",")
    }
}

extension FleetChange {
    /// ` (from 2, to 3)`, in order of the names; empty if there are no details.
    package var detailsText: String {
        guard !details.isEmpty else { return "" }
        let texts = details.sorted { $0.key < $1.key }.map { name, value in
            switch value {
            case .number(let number):
                number == number.rounded() && abs(number) < 1e15 ? "\(name) \(Int(number))" : "\(name) \(number)"
            case .text(let text): "\(name) \(text)"
            }
        }
        return " (" + texts.joined(separator: ", ") + ")"
    }
}

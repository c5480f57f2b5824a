/// A command from standard input, with the connection it applies to (all if none is given).
struct EndpointCommand {
    enum Action {
        case send(Int)
        case shutdown
        case close
        case reset
        case read(Bool)
        case quickAcknowledge(Bool)
        case info
        case rest
        case tally
        case silence
    }

    let action: Action
    let connection: Int?

    init?(_ line: String) {
        var words = line.split(separator: " ").map(String.init)[...]
        guard let verb = words.popFirst() else { return nil }
        switch verb {
        case "send":
            guard let bytes = words.popFirst().flatMap({ Int($0) }), bytes >= 0 else { return nil }
            action = .send(bytes)
        case "shutdown": action = .shutdown
        case "close": action = .close
        case "rst": action = .reset
        case "read":
            guard let isOn = Self.isOn(words.popFirst()) else { return nil }
            action = .read(isOn)
        case "quickack":
            guard let isOn = Self.isOn(words.popFirst()) else { return nil }
            action = .quickAcknowledge(isOn)
        case "info": action = .info
        case "rest": action = .rest
        case "tally": action = .tally
        case "silence": action = .silence
        default: return nil
        }
        if let word = words.popFirst() {
            guard let number = Int(word) else { return nil }
            connection = number
        } else {
            connection = nil
        }
    }

    private static func isOn(_ word: String?) -> Bool? {
        switch word {
        case "on": true
        case "off": false
        default: nil
        }
    }
}

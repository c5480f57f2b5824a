/// Why a scene can't be played to its end.
enum DemoError: Error, CustomStringConvertible {
    case sessionMissing(port: Int)
    case waitedInVain(what: String, seen: String)

    var description: String {
        switch self {
        case .sessionMissing(let port):
            "the gateway has no session towards port \(port), though its ends speak: see 'sluice session list'"
        case .waitedInVain(let what, let seen):
            "waited in vain for \(what); the instances: \(seen)"
        }
    }
}

import ArgumentParser

/// `sluice session`
struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Look at sessions, and reset them.",
        discussion:
            "A session's id is its slot in hexadecimal and the slot's generation, as in 1a2b-7: it names this session and no later one.",
        subcommands: [SessionList.self, SessionShow.self, SessionReset.self, SessionWatch.self, SessionTrace.self])
}

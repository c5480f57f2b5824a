import Glibc
import Lab

/// Watches both ends of a session while something happens to it, and uses it after that.
struct Watch: Sendable {
    private let pair: Pair
    private let port: Int
    private let word: String
    private let identity: String?
    private let client: Said
    private let server: Said

    /// What a process has said until now: how many bytes of output, and of errors.
    private struct Said {
        let process: ChildProcess
        let output: Int
        let errors: Int

        init(_ process: ChildProcess) {
            self.process = process
            output = process.standardOutput.utf8.count
            errors = process.standardError.utf8.count
        }

        /// The messages about a loss since then.
        func messages(port: Int) -> [String] {
            let fresh =
                String(decoding: process.standardError.utf8.dropFirst(errors), as: UTF8.self) + "\n"
                + String(decoding: process.standardOutput.utf8.dropFirst(output), as: UTF8.self)
            let found = Messages.ofLoss(fresh, port: port)
            guard found.isEmpty, let exit = process.exit else { return found }
            return ["\(exit)"]
        }
    }

    /// How long a use may take on a slow and busy machine.
    private static let soon = Duration.seconds(2)
    /// How long an end that was used is watched. Its TCP gives up after about 13 s (``Bed``).
    private static let later = Duration.seconds(17)

    /// Begins to watch a session that has answered `word`.
    init(_ pair: Pair, port: Int, word: String) {
        self.pair = pair
        self.port = port
        self.word = word
        identity = pair.answer(word)
        client = Said(pair.client)
        server = Said(pair.server)
    }

    private var clientMessages: [String] { client.messages(port: port) }
    private var serverMessages: [String] { server.messages(port: port) }

    /// Uses the session after something happened to it, and returns what each end noticed, and when.
    func outcome(word: String) async throws -> (client: Notice, server: Notice) {
        let early = (client: clientMessages.first, server: serverMessages.first)
        // Some clients reconnect without a message.
        let hasReconnected = pair.answer(self.word) != identity
        let start = ContinuousClock.now
        var noticed: (client: Duration?, server: Duration?)
        try await pair.use(word)
        _ = await eventually(within: Self.later) {
            let now = ContinuousClock.now - start
            if noticed.client == nil, !clientMessages.isEmpty { noticed.client = now }
            if noticed.server == nil, !serverMessages.isEmpty { noticed.server = now }
            // An answer is the end, unless a message about a lost session is on its way.
            return noticed.client != nil || (pair.answer(word) != nil && now > .seconds(1))
        }
        let answer = pair.answer(word)
        let isSame = answer != nil && answer == identity
        if early.client == nil, noticed.client == nil, isSame {
            return (
                Notice(moment: .survives, message: nil, sequel: nil), serverNotice(early.server, noticed.server, true)
            )
        }
        let isNoticed = early.client != nil || noticed.client != nil
        let sequel: Notice.Sequel =
            isNoticed || answer != nil ? try await sequel(word: word, answered: answer != nil) : .remains
        let moment: Notice.Moment
        if early.client != nil || hasReconnected {
            moment = .byItself
        } else if let time = noticed.client {
            moment = time < Self.soon ? .atNextUse : .afterNextUse
        } else {
            moment = answer == nil ? .never : .atNextUse
        }
        let client = Notice(moment: moment, message: early.client ?? clientMessages.first, sequel: sequel)
        return (client, serverNotice(early.server, noticed.server, false))
    }

    private func serverNotice(_ early: String?, _ time: Duration?, _ survives: Bool) -> Notice {
        let message = early ?? serverMessages.first
        let moment: Notice.Moment
        if early != nil {
            moment = .byItself
        } else if let time {
            moment = time < Self.soon ? .atNextUse : .afterNextUse
        } else {
            moment = survives ? .survives : .never
        }
        return Notice(moment: moment, message: moment == .never ? nil : message, sequel: nil)
    }

    /// What the client does next.
    private func sequel(word: String, answered: Bool) async throws -> Notice.Sequel {
        if answered { return .reconnects }
        // An end that ends does it soon after its message.
        if await pair.client.waitForExit(within: Self.soon) != nil { return .ends }
        for attempt in 1...2 {
            let word = "\(word)-\(attempt)"
            try await pair.use(word)
            if await eventually(within: .seconds(3), { pair.answer(word) != nil }) { return .reconnects }
        }
        return pair.client.isRunning ? .remains : .ends
    }
}

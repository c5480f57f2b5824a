import Glibc
import Lab
import Synchronization

/// A client and a server with one session between them.
struct Pair: Sendable {
    let client: ChildProcess
    let server: ChildProcess
    /// Uses the session: makes one end ask for `answer-WORD`.
    let use: @Sendable (_ word: String) async throws -> Void
    /// What distinguishes the session from another one, or an empty text, when the answer has arrived; nil before.
    let answer: @Sendable (_ word: String) -> String?

    /// Uses the session, and waits for the answer.
    func ask(_ word: String, within limit: Duration) async throws {
        try await use(word)
        guard await eventually(within: limit, { answer(word) != nil }) else {
            throw LabError.timedOut(
                waitingFor: "the answer to '\(word)' from '\(client.command)'", seconds: limit.inSeconds,
                seen: transcript)
        }
    }

    /// What both ends said until now, for messages.
    var transcript: String { "client:\n\(client.allOutput)\nserver:\n\(server.allOutput)" }

    /// Ends both programs.
    func close() async {
        await client.terminate(patience: .seconds(2))
        await server.terminate(patience: .seconds(3))
    }

    /// The rest of the word that begins with `answer-WORD` in a text; nil if there is none.
    static func identity(in text: String, word: String) -> String? {
        guard let range = text.firstRange(of: "answer-\(word)") else { return nil }
        return String(text[range.upperBound...].prefix { !$0.isWhitespace })
    }
}

/// Uses of a tunnel: echo requests through it.
final class Pings: Sendable {
    private let sent = Mutex<[String: ChildProcess]>([:])
    private let lab: Lab
    private let place: LabPlace
    private let address: String

    /// From `place` to the other end's `address` in the tunnel.
    init(lab: Lab, place: LabPlace, address: String) {
        self.lab = lab
        self.place = place
        self.address = address
    }

    func send(_ word: String) throws {
        let ping = try lab.spawn(in: place, ["ping", "-c", "1", "-W", "2", address])
        sent.withLock { $0[word] = ping }
    }

    func isAnswered(_ word: String) -> Bool {
        sent.withLock { $0[word] }?.standardOutput.contains("bytes from") ?? false
    }
}

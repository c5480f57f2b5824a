@testable import SluiceResilience
import Testing

/// Which hello a server accepts, and how long it keeps a stream.
@Suite("Server stream")
struct ServerStreamTests {
    private let now = ContinuousClock.now
    private let id = StreamID(high: 7, low: 8)

    private func hello(
        _ epoch: UInt32, received: UInt64 = 0, written: UInt64 = 0, patience: UInt16 = 300
    ) -> Hello {
        Hello(
            kind: epoch == 1 ? .new : .resume, id: id, epoch: epoch, patienceSeconds: patience, window: 1000,
            received: received, written: written, target: epoch == 1 ? "db:5432" : "")
    }

    private func stream(patience: UInt16 = 300, longest: Duration = .seconds(3600)) -> ServerStream {
        ServerStream(
            hello(1, patience: patience), identity: "token a", on: 1, limits: StreamLimits(), longestRetention: longest,
            now: now)
    }

    private func status(_ answer: ServerStream.Answer) -> StreamStatus? {
        if case .welcome(let welcome, _) = answer { welcome.status } else { nil }
    }

    @Test("RESUME-2 the newest connection wins, and an old or replayed hello changes nothing")
    func epochs() {
        var server = stream()
        #expect(server.opened(now: now)?.connection == 1)
        #expect(
            server.hello(hello(3), identity: "token a", isProven: true, on: 2, now: now)
                == .welcome(
                    Welcome(status: .ok, retentionSeconds: 360, window: 2 << 20), replaces: 1))
        for epoch in [1, 2, 3] as [UInt32] {
            let answer = server.hello(hello(epoch), identity: "token a", isProven: true, on: 9, now: now)
            #expect(answer == .welcome(Welcome(status: .epochOld), replaces: nil))
            #expect(server.attachedConnection == 2)
        }
    }

    @Test("RESUME-2 without the secret, or with another identity, a hello changes nothing: not even the epoch")
    func proofs() {
        var server = stream()
        _ = server.opened(now: now)
        for (identity, isProven) in [("token a", false), ("token b", true), ("", false)] {
            let answer = server.hello(hello(100), identity: identity, isProven: isProven, on: 2, now: now)
            #expect(answer == .welcome(Welcome(status: .notAuthenticated), replaces: nil))
            #expect(server.attachedConnection == 1)
        }
        #expect(status(server.hello(hello(2), identity: "token a", isProven: true, on: 3, now: now)) == .ok)
    }

    @Test("RESUME-2 a hello with positions that can't be gets offsetOutside, and the stream waits for a true one")
    func offsets() {
        var server = stream()
        _ = server.opened(now: now)
        let liar = server.hello(hello(2, received: 5, written: 5), identity: "token a", isProven: true, on: 2, now: now)
        #expect(liar == .welcome(Welcome(status: .offsetOutside), replaces: 1))
        #expect(server.attachedConnection == nil)
        #expect(!server.isOver)
        #expect(status(server.hello(hello(3), identity: "token a", isProven: true, on: 3, now: now)) == .ok)
    }

    @Test(
        "RESUME-2 a hello that comes while the target is being connected to waits for it, and only the last one is answered"
    )
    func opening() {
        var server = stream()
        #expect(server.hello(hello(2), identity: "token a", isProven: true, on: 2, now: now) == .wait(replaces: 1))
        #expect(server.hello(hello(3), identity: "token a", isProven: true, on: 3, now: now) == .wait(replaces: 2))
        #expect(server.opened(now: now)?.connection == 3)
        #expect(server.opened(now: now)?.connection == nil)
    }

    @Test("RESUME-2 a target that refuses is reported to the client, also to one that comes later")
    func refused() {
        var server = stream()
        server.lost(1, now: now)
        #expect(server.failed(.targetUnreachable, now: now)?.connection == nil)
        #expect(
            server.hello(hello(2), identity: "token a", isProven: true, on: 2, now: now)
                == .welcome(Welcome(status: .ended, cause: .targetUnreachable), replaces: nil))
    }

    @Test(
        "RESUME-2 a stream is kept for the client's patience and 60 s, then both ends are reset, and the cause is kept as long"
    )
    func retention() {
        var server = stream(patience: 10)
        _ = server.opened(now: now)
        server.lost(1, now: now)
        #expect(server.deadline == now + .seconds(70))
        #expect(server.timer(now: now + .seconds(69)) == [])
        #expect(server.timer(now: now + .seconds(70)) == [.end(.patience)])
        #expect(
            server.hello(hello(2), identity: "token a", isProven: true, on: 2, now: now + .seconds(71))
                == .welcome(Welcome(status: .ended, cause: .patience), replaces: nil))
        #expect(server.timer(now: now + .seconds(139)) == [])
        #expect(server.timer(now: now + .seconds(140)) == [.forget])
        #expect(stream(patience: .max, longest: .seconds(5)).deadline == nil)
    }

    @Test("RESUME-2 a server does not say done of a stream that is not")
    func notDone() {
        var server = stream()
        _ = server.opened(now: now)
        #expect(server.close(.done, now: now) == [.abandon(1), .end(.protocolError)])
        #expect(server.close(.done, now: now) == [])
    }
}

@testable import SluiceResilience
import Testing

/// When a client connects, which connection counts, and when it gives up.
@Suite("Client stream")
struct ClientStreamTests {
    private let now = ContinuousClock.now
    private var generator = SystemRandomNumberGenerator()

    private func stream(renewAfter: Duration? = nil) -> ClientStream {
        var patience = ClientStream.Patience()
        patience.renewAfter = renewAfter
        return ClientStream(
            id: StreamID(high: 1, low: 2), target: "db:5432", limits: StreamLimits(), patience: patience, now: now)
    }

    private static let ok = Welcome(status: .ok, retentionSeconds: 360, window: 1000)

    @Test("RESUME-2 the first hello is new until a welcome arrived, and every hello has a later epoch")
    mutating func hellos() throws {
        var client = stream()
        let hello1 = client.connected(1, now: now)
        let first = try #require(hello1)
        #expect((first.kind, first.epoch, first.target) == (.new, 1, "db:5432"))
        // A server that ends the stream remembers it for as long as this client may try to begin it.
        var patience = ClientStream.Patience()
        patience.resume = .seconds(3)
        var short = ClientStream(id: client.id, target: "a:1", limits: StreamLimits(), patience: patience, now: now)
        #expect(short.connected(1, now: now)?.patienceSeconds == 30)
        #expect(client.lost(1, .broken, now: now, using: &generator) == [.connect(2)])
        let hello2 = client.connected(2, now: now)
        let second = try #require(hello2)
        #expect((second.kind, second.epoch) == (.new, 2))
        #expect(client.welcome(Self.ok, on: 2, now: now, using: &generator) == [])
        _ = client.lost(2, .broken, now: now, using: &generator)
        _ = client.timer(now: now + .seconds(1), using: &generator)
        let hello3 = client.connected(3, now: now + .seconds(1))
        let third = try #require(hello3)
        #expect((third.kind, third.epoch, third.target) == (.resume, 3, ""))
    }

    @Test("RESUME-2 a connection that is no longer wanted gets no hello, and its welcome and its loss do not count")
    mutating func stale() {
        var client = stream()
        _ = client.lost(1, .broken, now: now, using: &generator)
        #expect(client.connected(1, now: now) == nil)
        #expect(client.connected(2, now: now) != nil)
        #expect(client.welcome(Self.ok, on: 1, now: now, using: &generator) == [.abandon(1)])
        #expect(client.lost(1, .broken, now: now, using: &generator) == [])
        #expect(client.welcome(Self.ok, on: 2, now: now, using: &generator) == [])
        #expect(client.attachedConnection == 2)
    }

    /// Statuses, and what the client ends with. Nil: it tries again.
    private static let refusals: [(StreamStatus, StreamCause?)] = [
        (.unknownStream, .unknownStream), (.targetDenied, .targetDenied), (.epochOld, nil),
        (.offsetOutside, .offsetOutside), (.full, .full), (.targetUnreachable, .targetUnreachable),
        (.notAuthenticated, .notAuthenticated), (.malformed, .protocolError), (.ended, .shutdown),
    ]

    @Test("RESUME-2 each status of a welcome has its cause", arguments: refusals.indices)
    mutating func statuses(index: Int) {
        let (status, cause) = Self.refusals[index]
        var client = stream()
        _ = client.connected(1, now: now)
        let steps = client.welcome(
            Welcome(status: status, cause: .shutdown), on: 1, now: now, using: &generator)
        #expect(steps == (cause.map { [.abandon(1), .end($0)] } ?? [.abandon(1), .connect(2)]))
        #expect(Self.refusals.count == StreamStatus.allCases.count - 1)
    }

    @Test("RESUME-2 a server that says done to a client with missing bytes is not believed: no silent truncation")
    mutating func falseDone() {
        var client = stream()
        _ = client.connected(1, now: now)
        let steps = client.welcome(Welcome(status: .ended, cause: .done), on: 1, now: now, using: &generator)
        #expect(steps == [.abandon(1), .end(.protocolError)])
    }

    @Test("RESUME-2 a welcome with positions that can't be ends the stream")
    mutating func offsets() {
        var client = stream()
        _ = client.connected(1, now: now)
        var welcome = Self.ok
        welcome.received = 1
        #expect(
            client.welcome(welcome, on: 1, now: now, using: &generator) == [.abandon(1), .end(.offsetOutside)])
    }

    @Test("RESUME-2 a planned renewal opens the new connection before it gives up the old one")
    mutating func renewal() throws {
        var client = stream(renewAfter: .seconds(100))
        _ = client.connected(1, now: now)
        _ = client.welcome(Self.ok, on: 1, now: now, using: &generator)
        var time = now
        var steps: [ClientStream.Directive] = []
        while steps.isEmpty, time < now + .seconds(130) {
            time = try #require(client.deadline)
            steps = client.timer(now: time, using: &generator)
            var sink: [UInt8] = []
            client.end.output(into: &sink, limit: 1000, now: time)
            // The server's keep-alive.
            let event = try Segment.ack(0).encoded.withUnsafeBytes { buffer in
                var position = 0
                return try client.end.receive(buffer, &position, now: time)
            }
            #expect(event == nil)
        }
        #expect(steps == [.connect(2)])
        #expect(time >= now + .seconds(80) && time <= now + .seconds(120))
        #expect(client.attachedConnection == 1)
        // It fails: the old one goes on. Another one counts from its hello on.
        var other = client
        #expect(other.connected(2, now: time) != nil)
        #expect(other.attachedConnection == nil && !other.end.isAttached)
        #expect(client.lost(2, .broken, now: time, using: &generator) == [])
        #expect(client.attachedConnection == 1)
    }

    @Test("RESUME-2 after 300 s without a connection the client gives up, and after 30 s if the stream has not begun")
    mutating func patience() {
        for hasBegun in [true, false] {
            var client = stream()
            _ = client.connected(1, now: now)
            if hasBegun { _ = client.welcome(Self.ok, on: 1, now: now, using: &generator) }
            var steps = client.lost(1, .broken, now: now, using: &generator)
            var time = now
            while !client.isOver {
                for case .connect(let number) in steps {
                    steps = client.lost(number, .broken, now: time, using: &generator)
                }
                guard let deadline = client.deadline else { break }
                time = deadline
                steps = client.timer(now: time, using: &generator)
            }
            #expect(steps == [.end(.patience)])
            #expect(time == now + .seconds(hasBegun ? 300 : 30))
        }
    }
}

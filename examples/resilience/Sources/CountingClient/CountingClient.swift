import NIOCore
import NIOPosix
import SluiceResilience
import SluiceResilienceNIO

/// Counts: sends each number as a line to a server that sends every line back, and goes on where it was when its
/// connection is lost.
@main
struct CountingClient {
    static func main() async throws {
        guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
            print("usage: CountingClient HOST:PORT [COUNT [PAUSE-MILLISECONDS]]")
            throw Failure.usage
        }
        // One for each host: its channels share a budget for retries, and a circuit breaker.
        let limits = SharedHostLimits()
        var settings = ReconnectSettings()
        settings.policy = .firewallReset
        settings.policy.deadline = .seconds(60)

        let channel = ReconnectingChannel(
            host: options.host, port: options.port, on: MultiThreadedEventLoopGroup.singleton.next(), limits: limits,
            settings: settings
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }

        var counting = Counting(goal: options.count, pause: options.pause)
        var losses: [String: Int] = [:]
        var connections = 0
        events: for await event in channel.events {
            switch event {
            case .connected(let attempt, let connection):
                connections += 1
                print("connected at attempt \(attempt)")
                // Ends when the goal is reached, or with the connection.
                try? await counting.goOn(over: connection)
                if counting.isDone { break events }
            case .disconnected(let end):
                print(end)
                if case .lost(let failure) = end.cause { losses[failure.rawValue, default: 0] += 1 }
            case .gaveUp(let reason):
                print("gave up at \(counting.done): \(reason)")
                throw Failure.gaveUp
            }
        }
        await channel.close()
        let causes = losses.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        print(
            """
            counted to \(counting.done) over \(connections) connections; lost: \
            \(causes.isEmpty ? "none" : causes.joined(separator: ", ")); lines sent again: \(counting.repeated)
            """)
    }
}

/// Why the program ends with an error.
enum Failure: Error { case usage, gaveUp }

/// How far the client has counted. It outlives connections.
struct Counting {
    let goal: Int
    /// The pause after each ten lines.
    let pause: Duration
    /// The last number that the server has sent back.
    private(set) var done = 0
    /// The last number that was sent.
    private var sent = 0
    /// Numbers that were sent again, because no answer had come when the connection was lost.
    private(set) var repeated = 0

    init(goal: Int, pause: Duration) {
        self.goal = goal
        self.pause = pause
    }

    var isDone: Bool { done >= goal }

    /// Counts until the goal is reached or the connection ends.
    mutating func goOn(over connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async throws {
        var progress = self
        defer { self = progress }
        try await connection.executeThenClose { inbound, outbound in
            var lines = Lines(inbound.makeAsyncIterator())
            while !progress.isDone {
                let number = progress.done + 1
                // The server may have received it already. Each line has its number, so it can see that.
                if progress.sent == number { progress.repeated += 1 }
                progress.sent = number
                try await outbound.write(ByteBuffer(string: "\(number)\n"))
                guard let answer = try await lines.next() else { return }
                guard answer == String(number) else { throw WrongAnswer(expected: number, received: answer) }
                progress.done = number
                if number.isMultiple(of: 10), !progress.isDone { try await Task.sleep(for: progress.pause) }
            }
        }
    }
}

/// The server does not count as it should.
struct WrongAnswer: Error {
    let expected: Int
    let received: String
}

/// Cuts what comes in into lines.
struct Lines {
    private var base: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var buffer = ByteBuffer()

    init(_ base: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) { self.base = base }

    /// The next line, without its end. Nil: the connection has ended.
    mutating func next() async throws -> String? {
        while true {
            if let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer.readString(length: end - buffer.readerIndex)
                buffer.moveReaderIndex(forwardBy: 1)
                return line
            }
            guard var more = try await base.next(isolation: #isolation) else { return nil }
            buffer.writeBuffer(&more)
        }
    }
}

/// What the command line says.
struct Options {
    let host: String
    let port: Int
    var count = 100
    var pause = Duration.seconds(1)

    init?(_ arguments: [String]) {
        let address = arguments.first?.split(separator: ":") ?? []
        guard (1...3).contains(arguments.count), address.count == 2, let port = Int(address[1]) else { return nil }
        host = String(address[0])
        self.port = port
        if arguments.count > 1 {
            guard let count = Int(arguments[1]), count > 0 else { return nil }
            self.count = count
        }
        if arguments.count > 2 {
            guard let milliseconds = Int(arguments[2]), milliseconds >= 0 else { return nil }
            pause = .milliseconds(milliseconds)
        }
    }
}

import Logging
import NIOCore
import NIOPosix
import NIOSSL
import SluiceResilience
import SluiceResilienceNIO
import Synchronization
import Testing

/// A client and a server of resumable streams on loopback, with a forwarder between them that can cut connections.
///
/// The test is the application at the client's end, and `serve` the one at the server's.
final class StreamBed: Sendable {
    static let token = [UInt8](repeating: 7, count: 32)

    let forwarder: Forwarder
    let server: StreamServer
    let client: StreamClient
    let log: LogLines
    private let group: MultiThreadedEventLoopGroup

    init(
        clientToken: [UInt8] = StreamBed.token, patience: ClientStream.Patience = ClientStream.Patience(),
        options: StreamServerOptions = StreamServerOptions(), serve: @escaping StreamServer.Serve
    ) async throws {
        let certificate = try TestCertificate.shared.get()
        group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let log = LogLines()
        self.log = log
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .debug
        server = StreamServer(
            credentials: ServerCredentials(
                chain: [certificate.certificate], key: certificate.key, tokens: ["test": StreamBed.token]),
            options: options, group: group, logger: logger, serve: serve)
        let listener = try await server.listen(host: "127.0.0.1", port: 0)
        forwarder = try await Forwarder(to: #require(listener.localAddress?.port), group: group)
        var clientOptions = StreamClientOptions()
        clientOptions.limits = options.limits
        clientOptions.patience = patience
        client = StreamClient(
            host: "127.0.0.1", port: forwarder.port, credentials: ClientCredentials(.token(clientToken)),
            options: clientOptions, group: group, logger: logger)
    }

    /// Ends all that runs.
    func stop() async throws {
        await client.shutdown()
        await server.shutdown()
        try await group.shutdownGracefully()
    }

    /// Runs a test, and ends all that runs afterwards, also after a failure.
    func run(_ body: (StreamBed) async throws -> Void) async throws {
        do {
            try await body(self)
        } catch {
            try await stop()
            for line in log.all { print(line) }
            throw error
        }
        try await stop()
    }
}

/// A log in memory.
final class LogLines: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .debug }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
        lines.withLock { $0.append("\(event.level) \(event.message) \(values)") }
    }
}

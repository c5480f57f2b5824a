import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Policy

/// Accepts connections on a socket that was bound by another process, and serves their requests.
struct HTTPService: Sendable {
    /// Maximum bytes of a request's head. It stops a flood of headers.
    static let headerBytes = 16 << 10
    static let headerFields = 100

    let limits: APISettings.Limits
    let tls: TLSConfiguration?
    let responder: Responder

    /// Serves until its task is cancelled.
    func run(listener: Int32, group: any EventLoopGroup) async throws {
        let connections = Connections(limit: limits.connections)
        let patience = TimeAmount.nanoseconds(Int64(limits.clientNanoseconds))
        let responder = responder
        let http = HTTP1Channel(
            responder: { (request, writer: consuming ResponseWriter, channel) in
                let reply = await responder.reply(to: request, on: channel)
                try await writer.write(response: reply.head, body: reply.body)
            },
            configuration: .init(
                additionalChannelHandlers: [ClientPatience(patience: patience, connections: connections)],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: Self.headerBytes, maxHeaderListSize: Self.headerBytes,
                    maxHeaderFieldCount: Self.headerFields)))
        if let tls {
            try await serve(TLSChannel(http, tlsConfiguration: tls), listener: listener, group: group)
        } else {
            try await serve(http, listener: listener, group: group)
        }
    }

    private func serve(_ child: some ServerChildChannel, listener: Int32, group: any EventLoopGroup) async throws {
        // Events on a connection concern only its client, and are not logged.
        let logger = Logger(label: "api") { _ in SwiftLogNoOpLogHandler() }
        let server = try await ServerBootstrap(group: group)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 64 << 10))
            .bind(listener) { channel in child.setup(channel: channel, logger: logger) }
        await withDiscardingTaskGroup { tasks in
            do {
                try await server.executeThenClose { inbound in
                    for try await connection in inbound {
                        tasks.addTask { await child.handle(value: connection, logger: logger) }
                    }
                }
            } catch {
                // The listening socket is gone: the process ends, and its parent handles it.
            }
        }
    }
}

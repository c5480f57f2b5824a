import NIOCore
import NIOSSL
import SluiceResilience

/// Owns a server's connection until its hello: checks TLS, reads the hello, and finds out who the client is.
final class StreamGreeter: ConnectionOwner, @unchecked Sendable {
    let eventLoop: any EventLoop
    private let server: StreamServer
    private var bytes = ByteBuffer()
    private var timeout: Scheduled<Void>?
    private var whenOver: (@Sendable () -> Void)?

    init(_ eventLoop: any EventLoop, server: StreamServer) {
        self.eventLoop = eventLoop
        self.server = server
    }

    /// The hello must come within this time.
    func expect(_ connection: StreamConnection, within time: Duration, whenOver: @escaping @Sendable () -> Void) {
        self.whenOver = whenOver
        timeout = eventLoop.scheduleTask(in: TimeAmount(time)) {
            connection.close()
        }
    }

    private func isOver() {
        timeout?.cancel()
        timeout = nil
        whenOver?()
        whenOver = nil
    }

    func secured(_ connection: StreamConnection) {
        guard connection.applicationProtocol == StreamTLS.applicationProtocol, !connection.material.isEmpty else {
            server.logger.warning(
                "connection refused", metadata: ["why": "it does not speak \(StreamTLS.applicationProtocol)"])
            return connection.close()
        }
    }

    func received(_ input: ByteBuffer, on connection: StreamConnection) {
        guard whenOver != nil else { return }
        bytes.writeImmutableBuffer(input)
        do throws(StreamCause) {
            guard
                let (hello, length) = try bytes.withUnsafeReadableBytes({ (input) throws(StreamCause) in
                    try Hello.decode(input)
                })
            else { return }
            // A client waits for the welcome.
            guard length == bytes.readableBytes else { throw .protocolError }
            isOver()
            greet(hello, on: connection)
        } catch {
            isOver()
            refuse(Welcome(status: .malformed), on: connection, why: "its hello can't be read")
        }
    }

    private func greet(_ hello: Hello, on connection: StreamConnection) {
        let (credentials, material) = (server.credentials, connection.material)
        let token = credentials.tokens.first { _, token in
            StreamProofs.areEqual(hello.tokenProof, StreamProofs.client(token: token, material: material))
        }
        var identity: String?
        if let token {
            identity = "token \(token.key)"
        } else if credentials.clientRoots != nil, let certificate = connection.peerCertificate {
            identity = try? StreamTLS.identity(certificate)
        }
        guard let identity else {
            return refuse(
                Welcome(status: .notAuthenticated), on: connection,
                why: "no certificate, or no token that is known here")
        }
        guard var refusal = server.greet(hello, identity: identity, token: token?.value, on: connection) else { return }
        if let token { refusal.tokenProof = StreamProofs.server(token: token.value, material: material) }
        refuse(refusal, on: connection, why: "\(refusal.status)")
    }

    private func refuse(_ welcome: Welcome, on connection: StreamConnection, why: String) {
        let address = connection.channel.remoteAddress.map { "\($0)" } ?? "?"
        server.logger.warning("hello refused", metadata: ["from": "\(address)", "why": "\(why)"])
        connection.send(welcome)
        connection.close()
    }

    func readComplete(on connection: StreamConnection) {}
    func writabilityChanged(on connection: StreamConnection) {}

    func lost(_ connection: StreamConnection) {
        if whenOver != nil, let error = connection.error {
            server.logger.warning("connection refused", metadata: ["why": "\(error)"])
        }
        isOver()
    }
}

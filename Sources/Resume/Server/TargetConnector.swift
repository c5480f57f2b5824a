package import NIOCore
import NIOPosix
import SluiceResilienceNIO
import Synchronization

/// Connects to the targets of streams, as far as the rules permit.
///
/// What is judged is what is connected to: a name is resolved once, its addresses are judged, and one of those that are
/// permitted is connected to. So a name can't change its address in between (DNS rebinding).
package final class TargetConnector: Sendable {
    /// How many addresses of a name are tried.
    private static let mostAddresses = 4
    /// For each of them. A client waits 30 s for its stream.
    private static let connectTimeout = TimeAmount.seconds(5)

    private let rules: AllowList
    private let resolver = TargetResolver()
    private let own = Mutex<OwnAddresses?>(nil)

    package init(_ rules: AllowList) { self.rules = rules }

    /// Targets that are the server itself are refused from now on.
    package func setOwn(_ addresses: OwnAddresses) { own.withLock { $0 = addresses } }

    /// Opens the connection to a target.
    ///
    /// - Returns: A channel that reads on request. Fails with `StreamRefusal`, which says why.
    package func connect(_ target: String, on eventLoop: any EventLoop) -> EventLoopFuture<any Channel> {
        let read: HostPort
        do throws(ResumeProblem) {
            read = try HostPort.parse(target)
        } catch {
            return eventLoop.makeFailedFuture(denied("it is not HOST:PORT: \(error)"))
        }
        let judgement = rules.judge(read)
        if judgement == .denied {
            return eventLoop.makeFailedFuture(denied("no --allow permits it"))
        }
        return resolver.addresses(of: read, on: eventLoop).flatMap { [self] addresses in
            var permitted = addresses
            if judgement == .byAddress {
                permitted = addresses.filter { address in
                    IPAddress(address).flatMap { rules.rule(for: $0, port: read.port) } != nil
                }
            }
            guard !permitted.isEmpty else {
                let list = addresses.compactMap { $0.ipAddress }.joined(separator: ", ")
                return eventLoop.makeFailedFuture(denied("no --allow permits its addresses: \(list)"))
            }
            permitted = permitted.filter { address in
                let isOwn = own.withLock { own in
                    IPAddress(address).map { own?.contains($0, port: read.port) ?? false } ?? true
                }
                return !isOwn
            }
            guard !permitted.isEmpty else {
                return eventLoop.makeFailedFuture(denied("it is this server itself"))
            }
            return connect(permitted.prefix(TargetConnector.mostAddresses), target: target, on: eventLoop)
        }.flatMapErrorThrowing { error in
            throw error is StreamRefusal
                ? error : StreamRefusal(.targetUnreachable, TargetConnector.text(error))
        }
    }

    /// Tries one address after the other.
    private func connect(
        _ addresses: ArraySlice<SocketAddress>, target: String, on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        guard let first = addresses.first else {
            return eventLoop.makeFailedFuture(ResumeProblem("'\(target)' has no address"))
        }
        let connected = ClientBootstrap(group: eventLoop)
            .connectTimeout(TargetConnector.connectTimeout)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.prepareForStream()
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .connect(to: first)
            .flatMapThrowing { channel -> any Channel in
                guard channel.isItsOwnPeer else { return channel }
                channel.close(promise: nil)
                throw ItsOwnPeer()
            }
        guard addresses.count > 1 else { return connected }
        return connected.flatMapError { [self] _ in connect(addresses.dropFirst(), target: target, on: eventLoop) }
    }

    private func denied(_ why: String) -> StreamRefusal { StreamRefusal(.targetDenied, why) }

    /// Without the names of Swift types.
    private static func text(_ error: any Error) -> String {
        switch error {
        case let error as IOError: error.description
        case ChannelError.connectTimeout: "no answer within \(connectTimeout.nanoseconds / 1_000_000_000) s"
        default: "\(error)"
        }
    }
}

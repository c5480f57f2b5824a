package import Logging
import NIOCore
import NIOPosix
package import SluiceResilienceNIO
import Synchronization

/// `sluice-resume server`: from its options to its end by a signal.
package final class ResumeServerProcess: Sendable {
    /// What is asked for on the command line.
    package struct Options: Sendable {
        package var listener: HostPort
        package var credentials: ServerCredentials
        package var rules: AllowList
        package var streams: StreamServerOptions

        package init(
            listener: HostPort, credentials: ServerCredentials, rules: AllowList, streams: StreamServerOptions
        ) {
            self.listener = listener
            self.credentials = credentials
            self.rules = rules
            self.streams = streams
        }
    }

    private let group: MultiThreadedEventLoopGroup
    private let server: StreamServer
    private let log: Logger
    /// Where it listens, for people and programs.
    package let address: String

    /// Starts it.
    ///
    /// - Throws: ``ResumeProblem`` if it can't listen.
    package init(_ options: Options, log: Logger) throws {
        var options = options
        if let notice = OpenFiles.fit(streams: &options.streams.maximumStreams) { log.warning("\(notice)") }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: min(System.coreCount, 8))
        let connector = TargetConnector(options.rules)
        let server = StreamServer(
            credentials: options.credentials, options: options.streams, group: group, logger: log
        ) { target, _, eventLoop in connector.connect(target, on: eventLoop) }
        let channel = try ListenerStart.open(options.listener, on: group) { host, port in
            try group.next().makeFutureWithTask { try await server.listen(host: host, port: port) }.wait()
        }
        let own = HostPort(host: channel.localAddress?.ipAddress ?? "", port: UInt16(channel.localAddress?.port ?? 0))
        connector.setOwn(OwnAddresses(listener: own, interfaces: OwnAddresses.ofThisMachine()))
        self.group = group
        self.server = server
        self.log = log
        address = own.description
    }

    /// Serves until a signal ends it.
    package func run(_ signals: ProcessSignals) throws {
        let end = group.next().makePromise(of: Void.self)
        signals.watch { [self] signal in
            switch signal {
            case .report: report()
            case .end: end.succeed()
            }
        }
        ServiceManager.notify("READY=1")
        try end.futureResult.wait()
        ServiceManager.notify("STOPPING=1")
        let count = server.counts.streams
        if count > 0 { log.notice("stopping", metadata: ["streams": "\(count)"]) }
        try group.next().makeFutureWithTask { [server] in await server.shutdown() }.wait()
    }

    private func report() {
        let counts = server.counts
        log.notice(
            "state",
            metadata: ["streams": "\(counts.streams)", "kept-bytes": "\(counts.keptBytes)"])
    }
}

package import Logging
import NIOCore
import NIOPosix
import NIOSOCKS
import SluiceResilience
package import SluiceResilienceNIO

/// `sluice-resume client`: from its options to its end by a signal, or by the end of stdin's stream.
package final class ResumeClientProcess: Sendable {
    /// What is asked for on the command line.
    package struct Options: Sendable {
        package var server: HostPort
        package var credentials: ClientCredentials
        package var streams: StreamClientOptions
        package var forwardings: [PortForwarding] = []
        /// Ports for SOCKS5.
        package var socks: [HostPort] = []
        /// The target of stdin and stdout.
        package var standardTarget: HostPort?
        /// The most streams at the same time.
        package var maximumStreams = 5000

        package init(server: HostPort, credentials: ClientCredentials, streams: StreamClientOptions) {
            self.server = server
            self.credentials = credentials
            self.streams = streams
        }
    }

    private let options: Options
    private let group: MultiThreadedEventLoopGroup
    private let client: StreamClient
    private let admission: StreamAdmission
    private let log: Logger
    /// Where it listens, for people and programs: `127.0.0.1:5432 for db:5432`, `127.0.0.1:1080 for SOCKS5`.
    package let addresses: [String]

    /// Starts it.
    ///
    /// - Throws: ``ResumeProblem`` if it can't listen.
    package init(_ options: Options, log: Logger) throws {
        var options = options
        if let notice = OpenFiles.fit(streams: &options.maximumStreams) { log.warning("\(notice)") }
        let isAlone = options.standardTarget != nil && options.forwardings.isEmpty && options.socks.isEmpty
        let group = MultiThreadedEventLoopGroup(numberOfThreads: isAlone ? 1 : min(System.coreCount, 8))
        let client = StreamClient(
            host: options.server.host, port: Int(options.server.port), credentials: options.credentials,
            options: options.streams, group: group, logger: log)
        let admission = StreamAdmission(limit: options.maximumStreams, log: log)
        self.options = options
        self.group = group
        self.client = client
        self.admission = admission
        self.log = log
        var addresses: [String] = []
        for forwarding in options.forwardings {
            let target = "\(forwarding.target)"
            let address = try ResumeClientProcess.listen(forwarding.listener, on: group) { channel in
                try channel.pipeline.syncOperations.addHandler(
                    AcceptedApplication { ResumeClientProcess.carry($0, to: target, client, admission) })
            }
            addresses.append("\(address) for \(target)")
        }
        for listener in options.socks {
            let address = try ResumeClientProcess.listen(listener, on: group) { channel in
                let parser = SOCKSServerHandshakeHandler()
                let conversation = SOCKSConversation(
                    parser: parser,
                    begin: { ResumeClientProcess.carry($0, to: "\($1)", client, admission, gate: $2) },
                    refuse: { log.notice("no stream for a SOCKS5 application", metadata: ["why": "\($0)"]) })
                try channel.pipeline.syncOperations.addHandlers(parser, conversation)
            }
            addresses.append("\(address) for SOCKS5")
        }
        self.addresses = addresses
    }

    private static func listen(
        _ listener: HostPort, on group: any EventLoopGroup,
        prepare: @escaping @Sendable (any Channel) throws -> Void
    ) throws -> HostPort {
        let channel = try ListenerStart.open(listener, on: group) { host, port in
            try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.autoRead, value: false)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.prepareForStream()
                    return channel.eventLoop.makeCompletedFuture { try prepare(channel) }
                }
                .bind(host: host, port: port).wait()
        }
        return HostPort(host: channel.localAddress?.ipAddress ?? "", port: UInt16(channel.localAddress?.port ?? 0))
    }

    /// Begins the stream of an application, or resets it when there are too many.
    private static func carry(
        _ channel: any Channel, to target: String, _ client: StreamClient, _ admission: StreamAdmission,
        gate: SOCKSGate? = nil
    ) {
        guard admission.begin() else {
            if let gate { gate.ended(.full) } else { channel.closeWithReset() }
            return
        }
        let bound = NIOLoopBound(gate, eventLoop: channel.eventLoop)
        client.carry(channel, to: target) { bound.value?.begun() }.whenComplete { result in
            admission.ended()
            if case .success(let cause) = result { bound.value?.ended(cause) }
        }
    }

    /// Serves until a signal ends it, or the stream of stdin and stdout is over.
    ///
    /// - Returns: The exit status.
    package func run(_ signals: ProcessSignals) throws -> Int32 {
        let end = group.next().makePromise(of: Int32.self)
        signals.watch { [self] signal in
            switch signal {
            case .report: report()
            case .end: end.succeed(options.standardTarget == nil ? 0 : 1)
            }
        }
        let standard = try options.standardTarget.map { try carryStandardStreams(to: $0, end) }
        ServiceManager.notify("READY=1")
        let status = try end.futureResult.wait()
        ServiceManager.notify("STOPPING=1")
        let count = admission.counts.streams
        if count > 0 { log.notice("stopping", metadata: ["streams": "\(count)"]) }
        try group.next().makeFutureWithTask { [client] in await client.shutdown() }.wait()
        standard?.finish()
        return status
    }

    private func carryStandardStreams(to target: HostPort, _ end: EventLoopPromise<Int32>) throws -> StandardStreams {
        let standard = try StandardStreams()
        let opened = standard.open(on: group.next()) { [client, admission] channel in
            _ = admission.begin()
            client.carry(channel, to: "\(target)").whenSuccess { cause in
                admission.ended()
                if cause != .done {
                    LineLog.write("sluice-resume: the connection to \(target) is lost: \(cause.reason)\n")
                }
                end.succeed(cause == .done ? 0 : 1)
            }
        }
        opened.whenFailure { [log] error in
            log.error("stdin and stdout can't be carried", metadata: ["why": "\(error)"])
            end.succeed(1)
        }
        return standard
    }

    private func report() {
        let counts = admission.counts
        log.notice(
            "state",
            metadata: [
                "streams": "\(counts.streams)", "begun": "\(counts.begun)", "refused": "\(counts.refused)",
            ])
    }
}

extension StreamCause {
    /// Why a stream ended, for people.
    var reason: String {
        switch self {
        case .done: "it is complete"
        case .patience: "the server could not be reached for longer than --patience, or --begin-patience"
        case .shutdown: "sluice-resume was stopped at one of its ends"
        case .protocolError: "an end sent what the protocol does not allow: are both of the same version?"
        case .offsetOutside: "bytes were lost that can't be sent again"
        case .unknownStream: "the server no longer knows the stream, for example because it was restarted"
        case .targetUnreachable: "the target refused the connection, or can't be reached from the server"
        case .targetDenied: "the server may not connect to it: its option --allow permits targets"
        case .full: "the server has its maximum of streams or memory"
        case .notAuthenticated: "the token or a certificate is wrong; the log of the server says more"
        case .resetLinger: "the application was reset, and did not read what had come before"
        }
    }
}

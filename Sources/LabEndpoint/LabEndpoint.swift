import ArgumentParser

/// One or many ends of TCP sessions under test. Reports exactly what its sockets see, one JSON object on each line.
///
/// Commands are read from standard input, one on each line. They apply to all connections, or to the one whose number
/// is at the end.
///
///     send BYTES [ID]    shutdown [ID]    close [ID]    rst [ID]    read on|off [ID]    quickack on|off [ID]    info [ID]
///     rest (no more bytes by '--send-every')    tally (one line about all connections together)    silence [ID] (a line each)
@main
struct LabEndpoint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab-endpoint", abstract: "The ends of TCP sessions under test.",
        subcommands: [
            Listen.self, Connect.self, ServeFile.self, EchoDatagrams.self, Datagrams.self, Inject.self,
            InjectFragments.self, Flood.self, Churn.self, Absorb.self,
        ])
}

/// Accepts connections.
struct Listen: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Accept connections.")

    @Argument(help: "Port; 0 lets the kernel choose.")
    var port: UInt16

    @Option(help: "Address to listen on.")
    var address = "::"

    @OptionGroup var options: ConnectionOptions

    func run() throws {
        let loop = EventLoop(options: options, endsWithLastConnection: false)
        try loop.listen(on: SocketAddress(address, port: port))
        try loop.run()
    }
}

/// Makes connections.
struct Connect: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make connections; end when the last one has ended.")

    @Argument(help: "Address of the other end.")
    var address: String

    @Argument(help: "Port of the other end.")
    var port: UInt16

    @Option(help: "Number of connections.")
    var count = 1

    @Option(help: "Local port of the first connection; the next ones count up. 0 lets the kernel choose.")
    var sourcePort: UInt16 = 0

    @Option(help: "Local address.")
    var sourceAddress: String?

    @Option(
        help: "The first sequence number of each connection (ISS), instead of the kernel's choice.")
    var initialSequence: UInt32?

    @OptionGroup var options: ConnectionOptions

    func validate() throws {
        if initialSequence == 0 {
            throw ValidationError("--initial-sequence 0 leaves the choice to the kernel: write another number")
        }
    }

    func run() throws {
        let loop = EventLoop(options: options, endsWithLastConnection: true)
        let destination = try SocketAddress(address, port: port)
        for number in 0..<count {
            let own = sourcePort == 0 ? 0 : sourcePort + UInt16(number)
            try loop.connect(
                to: destination, from: sourceAddress, port: own, initialSequence: initialSequence)
        }
        try loop.run()
    }
}

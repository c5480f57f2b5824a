import ArgumentParser
import Glibc

/// Answers every datagram with itself.
struct EchoDatagrams: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo-datagrams", abstract: "Answer every UDP datagram with itself.")

    @Argument(help: "Port.")
    var port: UInt16

    @Option(help: "Address to listen on.")
    var address = "::"

    func run() throws {
        let own = try SocketAddress(address, port: port)
        let descriptor = try DatagramSocket.make(own.family)
        guard own.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
            throw EndpointError(what: "can't listen on port \(port)", number: errno)
        }
        Report.event("listening", ["port": .number(Int(port))])
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            var sender = SocketAddress()
            var count = 0
            _ = sender.fill {
                count = recvfrom(descriptor, &buffer, buffer.count, 0, $0, $1)
                return 0
            }
            guard count >= 0 else { continue }
            Report.event("data", ["bytes": .number(count), "remotePort": .number(Int(sender.port))])
            _ = sender.withPointer { sendto(descriptor, buffer, count, 0, $0, $1) }
        }
    }
}

/// Sends datagrams, and reports answers and errors.
struct Datagrams: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send UDP datagrams: 'send BYTES' on standard input.")

    @Argument(help: "Address of the other end.")
    var address: String

    @Argument(help: "Port of the other end.")
    var port: UInt16

    func run() throws {
        let destination = try SocketAddress(address, port: port)
        let descriptor = try DatagramSocket.make(destination.family)
        // A connected socket receives ICMP errors.
        guard destination.withPointer({ Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw EndpointError(what: "connect", number: errno)
        }
        var own = SocketAddress()
        _ = own.fill { getsockname(descriptor, $0, $1) }
        Report.event("connected", ["localPort": .number(Int(own.port)), "remotePort": .number(Int(port))])
        var buffer = [UInt8](repeating: 0, count: 65536)
        var pending = ""
        while true {
            var polled = [
                pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polled, 2, -1) >= 0 || errno == EINTR else { throw EndpointError(what: "poll", number: errno) }
            if polled[1].revents != 0 {
                let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                if count >= 0 {
                    Report.event("data", ["bytes": .number(count)])
                } else {
                    Report.event("error", ["errno": .text(errorName(errno)), "during": .text("read")])
                }
            }
            if polled[0].revents != 0 {
                var input = [UInt8](repeating: 0, count: 4096)
                let count = read(0, &input, input.count)
                guard count > 0 else { return }
                pending += String(decoding: input[..<count], as: UTF8.self)
                while let end = pending.firstIndex(of: "\n") {
                    perform(String(pending[..<end]), on: descriptor)
                    pending = String(pending[pending.index(after: end)...])
                }
            }
        }
    }

    private func perform(_ line: String, on descriptor: Int32) {
        let words = line.split(separator: " ")
        guard words.count == 2, words[0] == "send", let bytes = Int(words[1]) else {
            return Report.event("unknownCommand", ["line": .text(line)])
        }
        let data = [UInt8](repeating: 0x5A, count: bytes)
        if Glibc.send(descriptor, data, bytes, 0) < 0 {
            Report.event("error", ["errno": .text(errorName(errno)), "during": .text("write")])
        }
    }
}

enum DatagramSocket {
    static func make(_ family: Int32) throws(EndpointError) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw EndpointError(what: "socket", number: errno) }
        return descriptor
    }
}

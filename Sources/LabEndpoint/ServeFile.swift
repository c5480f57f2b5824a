import ArgumentParser
import Glibc

/// A minimal HTTP server for a download: answers every request with one file, one request at a time.
struct ServeFile: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-file", abstract: "Answer every HTTP request with one file.")

    @Argument(help: "Port.")
    var port: UInt16

    @Argument(help: "Path of the file.")
    var path: String

    func run() throws {
        let listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let address = try SocketAddress("::", port: port)
        guard listener >= 0, address.withPointer({ bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            throw EndpointError(what: "can't listen on port \(port)", number: errno)
        }
        Report.event("listening", ["port": .number(Int(port))])
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { throw EndpointError(what: "accept", number: errno) }
            try answer(connection)
            close(connection)
        }
    }

    private func answer(_ connection: Int32) throws {
        let file = open(path, O_RDONLY)
        var status = stat()
        guard file >= 0, fstat(file, &status) == 0 else { throw EndpointError(what: path, number: errno) }
        defer { close(file) }
        var request = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !request.contains("\r\n\r\n") {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            request += String(decoding: buffer[..<count], as: UTF8.self)
        }
        let header = "HTTP/1.1 200 OK\r\nContent-Length: \(status.st_size)\r\nConnection: close\r\n\r\n"
        var block = Array(header.utf8)
        var count = block.count
        while count > 0 {
            var sent = 0
            while sent < count {
                let taken = block[sent..<count].withUnsafeBytes {
                    send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard taken > 0 else { return }
                sent += taken
            }
            if block.count < 1 << 18 { block = [UInt8](repeating: 0, count: 1 << 18) }
            count = read(file, &block, block.count)
        }
    }
}

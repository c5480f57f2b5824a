import Lab

/// Complete short connections of real sockets: handshake, request, response, close. One thread plays both ends, step by
/// step, so that it is always busy. So connections per second of CPU time are connections per second of a core.
struct ShortConnectionRow: Row {
    let name = "short-connection"

    /// Many ports, so that ended connections (TIME-WAIT) do not use up all 5-tuples.
    static let ports: Range<UInt16> = 8000..<8064
    private static let requestBytes = 100
    private static let responseBytes = 1000
    private static let warmUp = 20

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contenders = try await testbed.contenders([.plain, .nftables, .proxy, .sluice])
        var ends: [ContenderKind: [StreamSocket]] = [:]
        for contender in contenders {
            try await contender.setHostsDropping(false)
            ends[contender.kind] = try contender.service.place.visit { try Self.ports.map(StreamSocket.listening) }
        }
        let rounds = try await Rounds(contenders, rounds: effort.manyRounds) { contender, _ in
            guard let listeners = ends[contender.kind] else {
                preconditionFailure("\(contender.kind) has no listeners")
            }
            let meter = try CPUMeter(processes: contender.processes)
            // A connection through HAProxy costs some seven times as much, so fewer of them take as long.
            let count = contender.kind == .proxy ? effort.connections / 5 : effort.connections
            let reading = try contender.client.place.visit {
                for number in 0..<Self.warmUp { try Self.connection(listeners, number, to: contender.entry) }
                return try meter.measure {
                    for number in 0..<count { try Self.connection(listeners, number, to: contender.entry) }
                }
            }
            return Rounds.Sample(reading, operations: count)
        }
        return RowReport(
            name: name, title: "A whole short connection: handshake, request, response, close",
            unit: "ns CPU a connection, both ends included", figures: rounds.figures,
            comparisons: [
                rounds.rate(.sluice, to: .nftables, "connections per CPU second, sluice / nftables", .atLeast(1.10)),
                rounds.rate(.sluice, to: .plain, "the same, sluice / plain ip_forward", nil),
                rounds.rate(.sluice, to: .proxy, "the same, sluice / HAProxy", nil),
                rounds.wallRate(.sluice, to: .nftables, "connections per second (wall clock), / nftables", nil),
            ])
    }

    private static func connection(_ listeners: [StreamSocket], _ number: Int, to entry: UInt32) throws {
        let index = number % ports.count
        let port = ports.lowerBound + UInt16(index)
        try withUnsafeTemporaryAllocation(byteCount: responseBytes, alignment: 8) { buffer in
            let request = UnsafeMutableRawBufferPointer(rebasing: buffer[..<requestBytes])
            let client = try StreamSocket.unconnected()
            try client.connect(to: entry, port: port)
            let service = try listeners[index].accept()
            try client.send(UnsafeRawBufferPointer(request))
            try service.receive(request)
            try service.send(UnsafeRawBufferPointer(buffer))
            try client.receive(buffer)
            try client.finish()
            try service.receiveEnd()
            try service.finish()
            try client.receiveEnd()
        }
    }
}

import CFrames
import Glibc

/// Small messages in both directions over one TCP connection, 1,000 times a second. One thread with real-time priority
/// plays both ends, so a message's delay is the forwarding delay, without the time that an end waits for a CPU.
final class ProbeStream {
    private static let messageBytes = 64
    private static let intervalNanoseconds = 1_000_000

    private let client: StreamSocket
    private let service: StreamSocket

    init(_ contender: Contender, port: UInt16) throws {
        let listener = try contender.service.place.visit { try StreamSocket.listening(port: port) }
        client = try contender.client.place.visit { try StreamSocket.unconnected() }
        try client.connect(to: Flow.service, port: port)
        service = try listener.accept()
    }

    /// The delay of each message in nanoseconds, both directions together.
    ///
    /// - Parameters:
    ///   - milliseconds: the number of messages in each direction.
    ///   - each: called after each pair, with CLOCK_MONOTONIC in nanoseconds.
    func run(milliseconds: Int, _ each: (Int) throws -> Void = { _ in }) throws -> [Double] {
        guard bench_set_realtime(1) == 0 else { throw BenchError.system(call: "SCHED_FIFO", reason: reason()) }
        defer { _ = bench_set_realtime(0) }
        var delays: [Double] = []
        delays.reserveCapacity(2 * milliseconds)
        let start = CPUMeter.nanoseconds(CLOCK_MONOTONIC)
        for number in 0..<milliseconds {
            bench_sleep_until(Int64(start + number * Self.intervalNanoseconds))
            delays.append(try message(from: client, to: service))
            delays.append(try message(from: service, to: client))
            try each(CPUMeter.nanoseconds(CLOCK_MONOTONIC))
        }
        return delays
    }

    private func message(from sender: StreamSocket, to receiver: StreamSocket) throws -> Double {
        try withUnsafeTemporaryAllocation(byteCount: Self.messageBytes, alignment: 8) { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            let sent = CPUMeter.nanoseconds(CLOCK_MONOTONIC)
            try sender.send(UnsafeRawBufferPointer(bytes))
            try receiver.receive(bytes)
            return Double(CPUMeter.nanoseconds(CLOCK_MONOTONIC) - sent)
        }
    }
}

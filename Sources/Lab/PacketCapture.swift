import Glibc

/// tcpdump on one interface of the lab: one line of text for each packet.
package final class PacketCapture: Sendable {
    private let process: ChildProcess

    fileprivate init(process: ChildProcess) {
        self.process = process
    }

    /// Packets seen so far, as tcpdump prints them: seconds first, absolute sequence numbers.
    package var packets: [String] {
        process.standardOutput.split(separator: "\n").map(String.init)
    }

    /// Waits until `count` packets that contain all of `texts` were seen.
    package func waitForPackets(_ count: Int = 1, with texts: String..., within limit: Duration) async throws(LabError)
    {
        let matching = { self.packets.filter { line in texts.allSatisfy { line.contains($0) } }.count }
        guard await eventually(within: limit, { matching() >= count }) else {
            throw .timedOut(
                waitingFor: "\(count) packets with \(texts)", seconds: Patience.seconds(limit),
                seen: packets.suffix(20).joined(separator: "\n"))
        }
    }

    /// Ends the capture and returns all packets. tcpdump empties the kernel's buffer before it ends.
    @discardableResult
    package func stop() async -> [String] {
        process.send(signal: SIGINT)
        if await process.waitForExit(within: .seconds(5)) == nil {
            await process.terminate()
        }
        return packets
    }
}

extension Lab {
    /// Starts tcpdump in a place, and returns when it listens: on the host's link to the gateway, unless another
    /// interface is given (required on the gateway). `filter` is a pcap filter expression; empty: all packets.
    package func capture(
        in place: LabPlace, interface: String = LabZone.hostInterface, filter: String = "", options: [String] = []
    ) async throws(LabError) -> PacketCapture {
        // Headers only: by default each packet takes the space of the largest one, and the buffer holds only some 30
        // packets of a burst.
        let command = ["tcpdump", "-n", "-S", "-tt", "-l", "-s", "256", "--immediate-mode", "-i", interface] + options
        let process = try spawn(in: place, command + (filter.isEmpty ? [] : [filter]))
        do throws(LabError) {
            try await process.waitForText("listening on", within: .seconds(15))
        } catch {
            await process.terminate()
            throw error
        }
        return PacketCapture(process: process)
    }
}

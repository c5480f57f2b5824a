import FlowCore
import FlowLayout
import FlowModel
import Testing

@testable import Kernel

/// What the kernel program records of packets while a watch is active.
@Suite("A watch over packets", .onTheKernel, .serialized)
struct PacketWatchTests {
    /// A record of a watch, with its C array of bytes as a Swift array.
    private struct Watched {
        var record: sluice_watched_packet
        var bytes: [UInt8] {
            withUnsafeBytes(of: record.bytes) { Array($0.prefix(Int(record.copied))) }
        }
        var reason: DropReason? { DropReason(rawValue: record.reason) }
    }

    private let routed: RoutedDatapath
    private let west: Int
    private let westAddress: [UInt8]

    init() throws {
        routed = try RoutedDatapath(allow: false)
        let router = routed.router
        west = try router.namespace.run { try NetworkInterface.find("west").index }
        westAddress = try router.namespace.run { try linkAddress("west") }
    }

    private var datapath: Datapath { routed.datapath }

    private func frame(port: UInt16 = 443) -> FrameBuilder {
        var frame = FrameBuilder()
        frame.source = "10.0.1.2"
        frame.destination = "10.0.2.2"
        frame.destinationPort = port
        return frame
    }

    /// The frame, with the west interface as its link destination: frames to other addresses are not judged.
    private func addressed(_ frame: [UInt8]) -> [UInt8] { westAddress + frame.dropFirst(6) }

    /// Runs the whole program on a frame that arrives from the west.
    @discardableResult
    private func run(_ frame: [UInt8], repetitions: Int = 1) throws -> UInt32 {
        try routed.router.namespace.run {
            try datapath.runProgram(
                named: ProgramName.ingress, packet: addressed(frame), context: PacketContext(interfaceIndex: west),
                repetitions: repetitions
            ).returnValue
        }
    }

    private func syn(port: UInt16 = 443) -> [UInt8] { frame(port: port).tcp(flags: TCPFlags.syn, sequence: 1) }

    /// The reasons of the tests' own packets. The hosts' kernels send other packets when their links come up.
    private static func everything(recordsPerTick: UInt32 = 1000) -> sluice_watch {
        var wanted = sluice_watch()
        wanted.reasons = 1 << UInt64(DropReason.denied.rawValue) | 1 << UInt64(DropReason.noSession.rawValue)
        wanted.recordsPerTick = recordsPerTick
        return wanted
    }

    private func watched(_ watch: PacketWatch) -> [Watched] {
        var packets: [Watched] = []
        watch.drain { packets.append(Watched(record: $0)) }
        return packets
    }

    @Test(
        "LOOK-1 a dropped packet's headers, reason and interface are recorded while a watch is active, and only then"
    )
    func drops() throws {
        try run(syn())
        #expect(datapath.table.runtime.pointee.dropWatchEnd == 0)
        do {
            let watch = try PacketWatch(datapath: datapath, subject: .drops, wanted: Self.everything())
            #expect(watched(watch).isEmpty, "earlier packets are not recorded")
            let sent = addressed(syn(port: 8443))
            try run(sent)
            try run(frame().tcp(flags: TCPFlags.ack, sequence: 1))
            let long = addressed(frame().udp(payload: 600))
            try run(long)
            let seen = watched(watch)
            try #require(seen.count == 3)
            #expect(seen.map(\.reason) == [.denied, .noSession, .denied])
            #expect(seen[0].bytes == sent)
            #expect(seen[2].bytes == Array(long.prefix(128)))
            #expect(seen.map(\.record.length) == [UInt32(sent.count), UInt32(sent.count), UInt32(long.count)])
            #expect(seen.allSatisfy { $0.record.interfaceIndex == UInt32(west) && $0.record.sourceZone == 1 })
            #expect(seen.allSatisfy { $0.record.linkHeaderLength == 14 && $0.record.hasSession == 0 })
            #expect(seen[0].record.destinationZone == 2 && seen[0].record.forHost == 0)
            #expect(seen.map(\.record.timeNanoseconds) == seen.map(\.record.timeNanoseconds).sorted())
            #expect(watch.omitted() == 0)
            #expect(datapath.map(MapName.watched).memoryBytes() > 0)
        }
        #expect(datapath.table.runtime.pointee.dropWatchEnd == 0, "the watch has ended")
        let again = try PacketWatch(datapath: datapath, subject: .drops, wanted: Self.everything())
        #expect(watched(again).isEmpty)
    }

    @Test("LOOK-1 in a flood a tick's budget is recorded, the other packets are counted, and every packet is judged")
    func flood() throws {
        let watch = try PacketWatch(datapath: datapath, subject: .drops, wanted: Self.everything(recordsPerTick: 5))
        let denied = routed.counter(Int(DropReason.denied.rawValue))
        let before = MonotonicClock.nanoseconds()
        try run(syn(), repetitions: 100_000)
        let ticks = (MonotonicClock.nanoseconds() - before) >> Tick.shift + 2
        // Records that find the ring full are omitted, too: 256 KiB hold 1,489 records.
        let seen = UInt64(watched(watch).count)
        #expect(seen >= 5 && seen <= 5 * ticks)
        #expect(seen + watch.omitted() == 100_000)
        #expect(routed.counter(Int(DropReason.denied.rawValue)) == denied + 100_000)
    }

    @Test("LOOK-1 a full ring delays no packet: records that do not fit are counted")
    func fullRing() throws {
        let watch = try PacketWatch(
            datapath: datapath, subject: .drops, wanted: Self.everything(recordsPerTick: 1_000_000), ringBytes: 4096)
        try run(syn(), repetitions: 1000)
        let seen = UInt64(watched(watch).count)
        #expect(seen >= 20 && seen <= 24)
        #expect(seen + watch.omitted() == 1000)
    }

    @Test("LOOK-1 a watch whose process has died ends by itself, and its memory is released")
    func abandoned() throws {
        let watch = try PacketWatch(datapath: datapath, subject: .everyPacket, wanted: Self.everything())
        #expect(!datapath.hasAbandonedWatch(now: MonotonicClock.nanoseconds()))
        let later = MonotonicClock.nanoseconds() + PacketWatch.leaseNanoseconds + Tick.nanoseconds
        #expect(datapath.hasAbandonedWatch(now: later))
        // As if its process had not renewed it for two seconds.
        let past = Tick.of(nanoseconds: MonotonicClock.nanoseconds()) &- 1
        datapath.table.runtime.pointee.dropWatchEnd = past
        try run(syn())
        #expect(watched(watch).isEmpty)
        func isEntered() -> Bool {
            var value: UInt64 = 0
            return (try? withUnsafeMutableBytes(of: &value) { try datapath.map(MapName.watched).lookup(0, into: $0) })
                != nil
        }
        #expect(isEntered())
        datapath.endWatch()
        #expect(!isEntered() && !datapath.hasAbandonedWatch(now: later))
    }

    @Test("LOOK-1 packets of unwanted reasons, ports, protocols, zones and prefixes are not recorded")
    func filters() throws {
        func seen(_ change: (inout sluice_watch) -> Void) throws -> [Watched] {
            var wanted = Self.everything()
            change(&wanted)
            let watch = try PacketWatch(datapath: datapath, subject: .drops, wanted: wanted)
            try run(syn(port: 1))
            try run(syn(port: 2))
            try run(frame(port: 3).udp())
            try run(frame(port: 4).tcp(flags: TCPFlags.ack, sequence: 1))
            return watched(watch)
        }
        #expect(try seen { _ in }.count == 4)
        #expect(try seen { $0.reasons = 1 << UInt64(DropReason.noSession.rawValue) }.map(\.reason) == [.noSession])
        #expect(try seen { $0.port = 2 }.count == 1)
        #expect(try seen { $0.protocol = IPProtocol.udp }.count == 1)
        #expect(try seen { $0.zone = 2 }.isEmpty)
        #expect(try seen { $0.zone = 1 }.count == 4)
        let mask = sluice_address(high: .max, low: .max)
        for (address, count) in [(UInt32(0x0A00_0202), 4), (0x0A00_0102, 4), (0x0A00_0203, 0)] {
            let range = sluice_address_range(address: sluice_address(ipv4: address), mask: mask)
            #expect(try seen { $0.ranges.1 = range }.count == count)
        }
    }
}

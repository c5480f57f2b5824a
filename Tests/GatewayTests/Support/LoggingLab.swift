import FlowLog
import Foundation
import Glibc
import Lab
import Policy
import TestSupport
import Testing

@testable import Gateway

/// Runs a test in a lab whose gateway logs into a directory of the test.
func withLogging(
    _ prepare: (String) throws -> Void = { _ in },
    _ body: (Lab, LabGateway, String) async throws -> Void
) async throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/log"
    mkdir(path, 0o700)
    try prepare(path)
    defer { umount2(path, Int32(MNT_DETACH)) }
    try await withRunningGateway(extra: "flowLog: { directory: \(path) }\n\(preserve)") { lab, gateway in
        try await body(lab, gateway, path)
    }
}

func items(_ directory: String, port: UInt16) -> [FlowLogDocument.Item] {
    var found: [FlowLogDocument.Item] = []
    var filter = FlowLogFilter()
    filter.port = port
    guard let tree = try? FlowLogTree(directory) else { return [] }
    _ = FlowLogReading.forEach(in: tree, format: .virtualNetworkVersion4, filter: filter) { found.append($0) }
    return found
}

func wait(_ what: String, within limit: Duration = .seconds(15), _ condition: () throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while try !condition() {
        try #require(ContinuousClock.now < end, "waited without success for \(what)")
        try await Task.sleep(for: .milliseconds(100))
    }
}

extension Lab {
    /// Makes hosts send packets as they are on the wire, so that a packet at the far end is a packet at the gateway.
    func sendPlainPackets(from zones: LabZone...) async throws {
        for zone in zones {
            try await execute(
                in: .zone(zone),
                ["ethtool", "-K", LabZone.hostInterface, "tso", "off", "gso", "off", "gro", "off", "tx", "off"]
            ).required()
        }
    }
}

/// What passes the gateway between the client and another zone: tcpdump counts each direction where it arrives. So packets that the
/// gateway rightly dropped do not count, like the FIN of an end that was not scheduled until its session had expired.
struct ArrivalCapture {
    fileprivate let near: PacketCapture
    fileprivate let far: PacketCapture

    func stop(source: String) async -> FlowCounters {
        let sent = PacketCount.of(await far.stop(), source: source)
        let answered = PacketCount.of(await near.stop(), source: source)
        return FlowCounters(
            packetsToDestination: sent.packetsToDestination, bytesToDestination: sent.bytesToDestination,
            packetsToSource: answered.packetsToSource, bytesToSource: answered.bytesToSource)
    }
}

extension Lab {
    func captureArrivals(from client: LabPlace = .zone(.client), at far: LabPlace, filter: String) async throws
        -> ArrivalCapture
    {
        ArrivalCapture(
            near: try await capture(in: client, filter: filter, options: ["-v"]),
            far: try await capture(in: far, filter: filter, options: ["-v"]))
    }
}

/// What `tcpdump -v` printed, counted: packets and bytes of layer 3 in both directions.
enum PacketCount {
    static func of(_ lines: [String], source: String) -> FlowCounters {
        var counters = FlowCounters()
        var length: UInt64 = 0
        for line in lines {
            if let total = number("length ([0-9]+)\\)$", in: line) { length = total }
            // IPv6 is on one line, with the length of what follows the header.
            if let payload = number("payload length: ([0-9]+)\\)", in: line) { length = payload + 40 }
            guard let ends = line.range(of: "\\S+ > \\S+:", options: .regularExpression) else { continue }
            if line[ends].hasPrefix(source + ".") {
                counters.packetsToDestination += 1
                counters.bytesToDestination += length
            } else {
                counters.packetsToSource += 1
                counters.bytesToSource += length
            }
        }
        return counters
    }

    private static func number(_ pattern: String, in line: String) -> UInt64? {
        guard let range = line.range(of: pattern, options: .regularExpression) else { return nil }
        return UInt64(line[range].filter(\.isNumber))
    }
}

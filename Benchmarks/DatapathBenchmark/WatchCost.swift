import FlowCore
import FlowLayout
import FlowModel
import Glibc
import Kernel
import Policy

/// The cost of packet watching for the whole ingress program (LOOK-1): without a watch, with one, and under a flood
/// that exceeds the watch's budget.
enum WatchCost {
    private enum Failure: Error { case returned(UInt32), command(String) }

    private enum Watcher: String, CaseIterable {
        case none = "unwatched"
        case sampling = "watched, beyond the budget"
        case all = "watched, each recorded"
    }

    static func run() throws {
        let namespace = try UnnamedNetworkNamespace()
        try namespace.run { try measure() }
    }

    private static func measure() throws {
        for line in [
            "link add west type veth peer name west-peer", "link add east type veth peer name east-peer",
            "address add 10.1.0.1/24 dev west", "address add 203.0.113.1/24 dev east", "link set west up",
            "link set west-peer up", "link set east up", "link set east-peer up",
            "neighbour add 203.0.113.10 lladdr 02:00:00:00:00:01 dev east",
            "neighbour add 10.1.0.10 lladdr 02:00:00:00:00:02 dev west",
        ] {
            let outcome = try Command.run("ip", line.split(separator: " ").map(String.init), package: "iproute2")
            guard outcome.status == 0 else { throw Failure.command("ip \(line): \(outcome.errorOutput)") }
        }
        _ = try Forwarding.enable()
        let datapath = try Datapath.load(gateway: "benchmark", capacitySessions: 65536, pinned: false)
        datapath.table.runtime.pointee.reportsEvents = 0
        let configuration = try Configuration.parse(
            """
            gateway: benchmark
            zones:
              - { name: inside, interfaces: [west] }
              - { name: outside, interfaces: [east] }
            rules:
              - { name: one, priority: 100, access: Allow, protocol: Udp, source: ["*"], destination: ["*"], destinationPorts: [443] }
            """, file: "benchmark.yaml")
        var identities = RuleIdentities()
        var treatments = TreatmentTable(timeouts: configuration.timeouts)
        try PolicyImage(compiling: configuration, identities: &identities, treatments: &treatments)
            .write(to: datapath.policyMemory(0))
        let west = try NetworkInterface.find("west")
        for (name, zone) in [("west", UInt8(1)), ("east", UInt8(2))] {
            let interface = try NetworkInterface.find(name)
            let entry = sluice_interface(
                zone: zone, linkHeaderLength: 14, handsToPeer: 0, reserved: 0, mtu: UInt32(interface.mtu))
            try datapath.interfaces.set(entry, at: interface.index)
        }
        let context = PacketContext(interfaceIndex: west.index)
        let address = try linkAddress("west")
        var frame = FrameBuilder()
        let forwarded = address + frame.udp().dropFirst(6)
        frame.destinationPort = 53
        let denied = address + frame.udp().dropFirst(6)

        // Forwarding changes the packet, so each copy is run once.
        func forward() throws -> UInt32 {
            let run = try datapath.runProgram(named: ProgramName.ingress, packet: forwarded, context: context)
            guard run.returnValue == 7 else { throw Failure.returned(run.returnValue) }
            return run.nanoseconds
        }
        func drop() throws -> UInt32 {
            let run = try datapath.runProgram(
                named: ProgramName.ingress, packet: denied, context: context, repetitions: 100_000)
            guard run.returnValue == 2 else { throw Failure.returned(run.returnValue) }
            return run.nanoseconds
        }
        // Interleaved runs, and the minimum of many: other activity on the machine only adds time.
        var least: [Watcher: (forward: UInt32, drop: UInt32, omitted: UInt64)] = [:]
        for _ in 0..<15 {
            for watcher in Watcher.allCases {
                var wanted = sluice_watch()
                wanted.reasons = .max
                wanted.recordsPerTick = watcher == .all ? .max : 64
                let watch =
                    watcher == .none
                    ? nil
                    : try PacketWatch(datapath: datapath, subject: .everyPacket, wanted: wanted, ringBytes: 1 << 26)
                var forwards: [UInt32] = []
                for _ in 0..<5000 { forwards.append(try forward()) }
                watch?.renew()
                watch?.drain(atMost: .max) { _ in }
                let dropped = try (0..<3).map { _ in try drop() }.min() ?? 0
                forwards.sort()
                var entry = least[watcher] ?? (.max, .max, 0)
                entry.forward = min(entry.forward, forwards[forwards.count / 2])
                entry.drop = min(entry.drop, dropped)
                entry.omitted += watch?.omitted() ?? 0
                least[watcher] = entry
            }
        }
        for watcher in Watcher.allCases {
            guard let entry = least[watcher] else { continue }
            print(
                "watching, \(watcher.rawValue): forwarded \(entry.forward) ns, dropped \(entry.drop) ns",
                "(\(entry.omitted) left out)")
        }
    }

    private static func linkAddress(_ interface: String) throws -> [UInt8] {
        let outcome = try Command.run("ip", ["-o", "link", "show", "dev", interface], package: "iproute2")
        let words = outcome.output.split(separator: " ")
        guard let index = words.firstIndex(of: "link/ether"), index + 1 < words.count else {
            throw Failure.command("no address of \(interface)")
        }
        return words[index + 1].split(separator: ":").compactMap { UInt8($0, radix: 16) }
    }
}

import FlowCore
import FlowLayout
import FlowModel
import Glibc
import Testing

@testable import Kernel

/// What the fast path does, what it leaves to the kernel's own forwarding, and what it refuses: the table in docs/explanation/fast-path.md.
@Suite("The fast path beside the kernel's own forwarding", .onTheKernel, .serialized)
struct FastPathTests {
    private static let patience = ContinuousClock.Duration.seconds(20)

    /// A UDP frame from the west host to the east host, as the west host sends it. `tag` is its VLAN tag.
    private func frame(_ routed: RoutedDatapath, tag: UInt16? = nil, port: UInt16 = 9) throws -> [UInt8] {
        var builder = FrameBuilder()
        builder.source = "10.0.1.2"
        builder.destination = "10.0.2.2"
        builder.destinationPort = port
        var bytes = builder.udp()
        bytes.replaceSubrange(0..<6, with: try routed.router.namespace.run { try linkAddress("west") })
        bytes.replaceSubrange(6..<12, with: try routed.router.westHost.run { try linkAddress("host") })
        if let tag { bytes.insert(contentsOf: [0x81, 0, UInt8(tag >> 8), UInt8(tag & 0xFF)], at: 12) }
        return bytes
    }

    private func isDatagram(_ frame: RawFrames.Frame, port: UInt16) -> Bool {
        frame.bytes.count >= 42 && frame.bytes[12...13] == [8, 0] && frame.bytes[23] == 17
            && frame.bytes[36...37] == [UInt8(port >> 8), UInt8(port & 0xFF)]
    }

    @Test("BAD-7 a frame of another VLAN is not judged; one with only a priority tag is, and leaves untagged")
    func virtualLinks() throws {
        let routed = try RoutedDatapath()
        #expect(try routed.router.canPing())
        let east = try routed.router.eastHost.run { try RawFrames("host") }
        let west = try routed.router.westHost.run { try RawFrames("host") }
        func allBegun() -> UInt64 { SessionKind.allCases.reduce(0) { $0 + routed.counter(Int(Counter.begun($1))) } }
        let begun = allBegun()
        try west.send(try frame(routed, tag: 100, port: 7001))
        try west.send(try frame(routed, tag: 0xE000, port: 7002))
        let passed = east.receive { isDatagram($0, port: 7001) || isDatagram($0, port: 7002) }
        #expect(passed.map { isDatagram($0, port: 7002) } == true, "only the frame without a VLAN identifier passes")
        #expect(passed?.tag == nil)
        #expect(allBegun() == begun + 1)
    }

    @Test("BAD-7 packets that take the kernel's own forwarding pass the guard, whatever other rules do to the mark")
    func marks() throws {
        let routed = try RoutedDatapath()
        let router = routed.router
        // Record Route (`-R`) is an IP option.
        let options = { () throws in
            try router.westHost.run {
                let arguments = ["-n", "-R", "-c", "1", "-W", "1", "10.0.2.2"]
                return try Command.run("ping", arguments, package: "iputils-ping").status == 0
            }
        }
        let before = routed.counter(Int(Counter.slowPathPackets.rawValue))
        #expect(try options())
        #expect(routed.counter(Int(Counter.slowPathPackets.rawValue)) >= before + 2)
        // wg-quick's rule, and kube-proxy's test.
        try router.namespace.run { try router.mark("meta mark set ct mark") }
        #expect(try options(), "a rule has set the mark")
        try router.namespace.run { try router.mark("meta mark and 0x4000 == 0x4000 drop") }
        #expect(try options(), "a rule has tested the mark")
    }

    @Test("BAD-7 packets of an interface without a link header are judged too, and take the kernel's own forwarding")
    func plainInternetProtocol() throws {
        let routed = try RoutedDatapath()
        let router = routed.router
        try router.namespace.run {
            let tunnel = try PlainLink("tun-test")
            try KernelMachine.ip("address add 10.0.7.1/24 dev tun-test")
            try KernelMachine.ip("link set tun-test up")
            try Guard.install(gateway: routed.datapath.gateway, interfaces: ["east", "tun-test", "west"])
            try routed.attach("tun-test", zone: 3)
            // The ping resolves both neighbours.
            #expect(try router.canPing())
            var builder = FrameBuilder()
            builder.source = "10.0.7.2"
            builder.destination = "10.0.2.2"
            let echo = builder.icmp(type: 8, identifier: 4711, rest: [1, 2, 3, 4])
            var packet = Array(echo.dropFirst(14))
            let sum = FrameBuilder.checksum(Array(packet.dropFirst(20)))
            packet.replaceSubrange(22..<24, with: [UInt8(sum >> 8), UInt8(sum & 0xFF)])
            try tunnel.send(packet)
            let answer = tunnel.receive { $0.count >= 28 && $0[9] == 1 && $0[20] == 0 }
            #expect(answer != nil, "the reply comes back through the tunnel")
        }
    }

    @Test("BAD-7 an interface whose index is beyond the table belongs to its zone like any other")
    func largeInterfaceNumbers() throws {
        let routed = try RoutedDatapath(indices: ["west": 70_000])
        let index = try routed.router.namespace.run { try NetworkInterface.find("west").index }
        #expect(index == 70_000)
        #expect(routed.datapath.interfaces[70_000].zone == 1)
        #expect(routed.datapath.interfaces.indices.contains(70_000))
        #expect(try routed.router.canPing())
        try routed.datapath.interfaces.set(sluice_interface(), at: 70_000)
        #expect(try !routed.router.canPing())
    }

    @Test("BAD-6 too many interfaces beyond the table are refused, and the message shows the index and the limit")
    func tooManyLargeInterfaceNumbers() throws {
        let datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: 64, pinned: false)
        let entry = sluice_interface(zone: 1, linkHeaderLength: 14, handsToPeer: 0, reserved: 0, mtu: 1500)
        let error = #expect(throws: KernelError.self) {
            for index in 70_000...72_000 { try datapath.interfaces.set(entry, at: index) }
        }
        let text = error?.description ?? ""
        #expect(text.contains("index 71024") && text.contains("1024"), "\(text)")
    }

    @Test("NSG-4 if a route changes to another zone, its sessions do not follow it")
    func zoneChange() throws {
        let routed = try RoutedDatapath()
        let router = routed.router
        try router.namespace.run { try KernelMachine.ip("route add 10.0.9.9/32 via 10.0.2.2") }
        let west = try router.westHost.run { try RawFrames("host") }
        var bytes = try frame(routed, port: 7100)
        let checksum = UInt32(bytes[24]) << 8 | UInt32(bytes[25])
        // 10.0.9.9 instead of 10.0.2.2 (RFC 1624).
        bytes.replaceSubrange(32..<34, with: [9, 9])
        var sum = ~checksum & 0xFFFF + (~UInt32(0x0202) & 0xFFFF) + 0x0909
        sum = sum & 0xFFFF + sum >> 16
        sum = ~(sum & 0xFFFF + sum >> 16) & 0xFFFF
        bytes.replaceSubrange(24..<26, with: [UInt8(sum >> 8), UInt8(sum & 0xFF)])
        let east = try router.eastHost.run { try RawFrames("host") }
        try west.send(bytes)
        #expect(east.receive { isDatagram($0, port: 7100) } != nil)
        let wrongZone = routed.counter(Int(DropReason.wrongZone.rawValue))
        try router.namespace.run { try KernelMachine.ip("route replace 10.0.9.9/32 via 10.0.1.2") }
        usleep(50_000)
        try west.send(bytes)
        usleep(100_000)
        #expect(routed.counter(Int(DropReason.wrongZone.rawValue)) == wrongZone + 1)
        // The route changes back: the session has not ended.
        try router.namespace.run { try KernelMachine.ip("route replace 10.0.9.9/32 via 10.0.2.2") }
        usleep(50_000)
        try west.send(bytes)
        #expect(east.receive { isDatagram($0, port: 7100) } != nil)
    }

    @Test("BAD-7 if a session's address becomes the gateway's own, the host rules judge the session's packets")
    func addressMovesHere() throws {
        let routed = try RoutedDatapath()
        let router = routed.router
        #expect(try router.canPing())
        let east = try router.eastHost.run { try RawFrames("host") }
        let west = try router.westHost.run { try RawFrames("host") }
        try west.send(try frame(routed, port: 7200))
        #expect(east.receive { isDatagram($0, port: 7200) } != nil)
        try router.namespace.run {
            try KernelMachine.ip("link set lo up")
            try KernelMachine.ip("address add 10.0.2.2/32 dev lo")
        }
        usleep(50_000)
        let denied = routed.counter(Int(DropReason.hostDenied.rawValue))
        try west.send(try frame(routed, port: 7200))
        usleep(100_000)
        // There may be more than one, because a host may send packets of its own meanwhile.
        #expect(routed.counter(Int(DropReason.hostDenied.rawValue)) > denied)
    }

    @Test("BAD-7 with routing rules by interface, the source check equals the kernel's own")
    func rulesByInterface() throws {
        let routed = try RoutedDatapath()
        let router = routed.router
        try router.namespace.run {
            try KernelMachine.ip("rule add iif west lookup 100")
            try KernelMachine.ip("route add 10.0.2.0/24 dev east table 100")
            // Table 100 has no route to the west network.
            try KernelMachine.ip("route add unreachable default table 100")
        }
        #expect(try router.canPing())
        #expect(routed.counter(Int(DropReason.wrongZone.rawValue)) == 0)
    }

    @Test(
        "BAD-7 a host behind a bridge is found again after its link address changes without notice",
        arguments: [4, 6], [false, true])
    func staleNeighbour(version: Int, handsToPeer: Bool) throws {
        let routed = try RoutedDatapath()
        let router = routed.router
        try router.putBridgeBeforeEast()
        try router.namespace.run {
            if handsToPeer {
                var entry = routed.datapath.interfaces[try NetworkInterface.find("east").index]
                entry.handsToPeer = 1
                try routed.datapath.interfaces.set(entry, at: try NetworkInterface.find("east").index)
            }
            try KernelMachine.ip("-6 address add fd00:2::1/64 dev east nodad")
            try KernelMachine.ip("-6 address add fd00:1::1/64 dev west nodad")
            let settings = "/proc/sys/net/ipv\(version)/neigh/east/"
            try TextFile.write("200", to: settings + "base_reachable_time_ms")
            try TextFile.write("1", to: settings + "delay_first_probe_time")
            try TextFile.write("200", to: settings + "retrans_time_ms")
        }
        try router.westHost.run {
            try KernelMachine.ip("-6 address add fd00:1::2/64 dev host nodad")
            try KernelMachine.ip("-6 route add default via fd00:1::1")
        }
        try router.eastHost.run {
            try KernelMachine.ip("-6 address add fd00:2::2/64 dev host nodad")
            try KernelMachine.ip("-6 route add default via fd00:2::1")
        }
        let ping = { () throws in
            try router.westHost.run {
                let target = version == 4 ? "10.0.2.2" : "fd00:2::2"
                return try Command.run("ping", ["-n", "-c", "1", "-W", "1", target], package: "iputils-ping").status
                    == 0
            }
        }
        var isUp = false
        for _ in 0..<10 where !isUp { isUp = try ping() }
        #expect(isUp)
        let isStale = { () throws in
            try router.namespace.run {
                let arguments = ["neigh", "show", "to", version == 4 ? "10.0.2.2" : "fd00:2::2", "dev", "east"]
                return try Command.run("ip", arguments, package: "iproute2").output.contains("STALE")
            }
        }
        var wasStale = false
        for _ in 0..<200 where !wasStale {
            usleep(50_000)
            wasStale = try isStale()
        }
        // The control. An IPv6 host sends solicitations to its gateway, so the gateway's entry is rarely seen stale.
        if version == 4 { #expect(wasStale, "the neighbour entry never became stale") }
        try router.eastHost.run { try KernelMachine.ip("link set host address 02:00:00:00:00:77") }
        let begin = ContinuousClock.now
        var heals = false
        while !heals, ContinuousClock.now - begin < Self.patience { heals = try ping() }
        #expect(heals, "no ping succeeded within \(Self.patience)")
    }

    @Test("BAD-7 IPsec policies are detected, and the kernel's own forwarding enforces them")
    func securityPolicies() throws {
        let routed = try RoutedDatapath()
        let router = routed.router
        #expect(try router.canPing())
        let policy = "src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd"
        try router.namespace.run {
            #expect(try !SecurityPolicies.arePresent())
            let listening = try #require(try SecurityPolicies.listening())
            try KernelMachine.ip("xfrm policy add \(policy) action block")
            var entry = pollfd(fd: listening.fileDescriptor, events: Int16(POLLIN), revents: 0)
            #expect(poll(&entry, 1, 1000) == 1)
            listening.drain()
            #expect(poll(&entry, 1, 0) == 0)
            #expect(try SecurityPolicies.arePresent())
        }
        #expect(try router.canPing(), "the control: the fast path ignores IPsec policies")
        routed.datapath.set(leavesToKernel: true)
        usleep(50_000)
        #expect(try !router.canPing(), "a packet that an IPsec policy blocks does not pass")
        try router.namespace.run {
            try KernelMachine.ip("xfrm policy delete \(policy)")
            #expect(try !SecurityPolicies.arePresent())
        }
        #expect(try router.canPing(), "without a policy the kernel's own forwarding passes the packet")
        try router.namespace.run {
            try KernelMachine.ip("xfrm policy setdefault fwd block")
            #expect(try SecurityPolicies.arePresent())
        }
    }

    @Test("RST-1 with routing rules by interface, an injected segment takes the route of the session's packets")
    func sendsLikeForwarded() throws {
        let routed = try RoutedDatapath()
        let router = routed.router
        #expect(try router.canPing())
        try router.namespace.run {
            // Packets from the west go east by table 100. A socket of this namespace has no route there.
            try KernelMachine.ip("rule add iif west lookup 100")
            try KernelMachine.ip("route add 10.0.2.0/24 dev east table 100")
            try KernelMachine.ip("route del 10.0.2.0/24")
        }
        var segment = [UInt8](repeating: 0, count: 40)
        TCPSegment(
            source: sluice_address(ipv4: 0x0A00_0102), destination: sluice_address(ipv4: 0x0A00_0202), sourcePort: 4000,
            destinationPort: 443, sequence: 1, acknowledgment: 2, flags: TCPFlags.rst | TCPFlags.ack, window: 0,
            family: 4
        ).write(to: &segment)
        let east = try router.eastHost.run { try RawFrames("host") }
        try router.namespace.run {
            let (from, other) = (try NetworkInterface.find("west").index, try NetworkInterface.find("east").index)
            #expect(
                try !routed.datapath.send(segment, family: 4, asFrom: other),
                "its source address does not belong to that interface")
            #expect(try routed.datapath.send(segment, family: 4, asFrom: from))
        }
        #expect(east.receive { $0.bytes.count >= 54 && Array($0.bytes[14..<54]) == segment } != nil)
    }
}

extension Router {
    /// Puts a bridge between the router and the east host. The bridge learns link addresses and sends no packets of its
    /// own.
    func putBridgeBeforeEast() throws {
        try eastHost.run {
            try KernelMachine.ip("link set host down")
            try KernelMachine.ip("link set host name port0")
            try KernelMachine.ip("address flush dev port0")
            try KernelMachine.ip("link add switch type bridge forward_delay 0 mcast_snooping 0")
            try KernelMachine.ip("link add host type veth peer name port1")
            for port in ["port0", "port1"] { try KernelMachine.ip("link set \(port) master switch up") }
            try KernelMachine.ip("link set switch up")
            try KernelMachine.ip("address add 10.0.2.2/24 dev host")
            try KernelMachine.ip("link set host up")
            try KernelMachine.ip("route add default via 10.0.2.1")
        }
    }
}

/// A tun interface of the thread's network namespace: its packets have no link header.
final class PlainLink {
    private let descriptor: Int32

    init(_ name: String) throws {
        descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        try #require(descriptor >= 0)
        var request = ifreq()
        withUnsafeMutableBytes(of: &request.ifr_ifrn) { $0.copyBytes(from: name.utf8) }
        // IFF_TUN | IFF_NO_PI; TUNSETIFF.
        request.ifr_ifru.ifru_flags = 0x1001
        try #require(ioctl(descriptor, 0x4004_54CA, &request) == 0)
    }

    deinit { close(descriptor) }

    func send(_ packet: [UInt8]) throws { try #require(write(descriptor, packet, packet.count) == packet.count) }

    /// The first outgoing packet that satisfies a condition; nil: none within a second.
    func receive(where condition: ([UInt8]) -> Bool) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<100 {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0, condition(Array(buffer.prefix(count))) { return Array(buffer.prefix(count)) }
            if count <= 0 { usleep(10_000) }
        }
        return nil
    }
}

import FlowLayout
import Testing

@testable import Kernel

@Suite("The guard", .onTheKernel, .serialized)
struct GuardTests {
    @Test(
        "BAD-5 BAD-7 without the stamp nothing is forwarded from or to a zone interface; with it, only between zones, whatever the mark"
    )
    func blocks() throws {
        let router = try Router()
        try router.namespace.run { _ = try Forwarding.enable() }
        #expect(try router.canPing(), "without any guard the router forwards")

        try router.namespace.run { try Guard.install(gateway: "edge", interfaces: ["west", "east"]) }
        #expect(try !router.canPing(), "packets without the datapath's stamp are dropped")

        // nftables stamps incoming packets in place of the datapath. Other rules may set the mark, such as those of
        // wg-quick.
        try router.namespace.run {
            try router.stamp("52:51:c1:ce:a1:10")
            try router.mark("meta mark set ct mark")
        }
        #expect(try router.canPing(), "stamped packets pass")
        try router.namespace.run { try router.mark("meta mark set 0x51c1ce00") }
        #expect(try router.canPing(), "stamped packets pass, whatever their mark")
        try router.namespace.run { try router.stamp("52:51:c1:ce:a1:11") }
        #expect(try !router.canPing(), "packets with another stamp are dropped")

        // East is no longer in a zone: packets to and from it are dropped, even with the stamp.
        try router.namespace.run {
            try router.stamp("52:51:c1:ce:a1:10")
            try Guard.install(gateway: "edge", interfaces: ["west"])
        }
        #expect(try !router.canPing())
        try router.namespace.run { try Guard.install(gateway: "edge", interfaces: ["elsewhere"]) }
        #expect(try router.canPing(), "packets outside the zones pass")
        try router.namespace.run { try Guard.remove(gateway: "edge") }
        #expect(try router.canPing())
    }

    @Test("BAD-5 the guard can be installed again, and a changed or missing guard is detected")
    func idempotent() throws {
        try UnnamedNetworkNamespace().run {
            let interfaces = ["eth0", "lan-1.100", "wg0@x"]
            #expect(!Guard.isInstalled(gateway: "a.b"))
            try Guard.remove(gateway: "a.b")
            for _ in 0..<2 {
                try Guard.install(gateway: "a.b", interfaces: interfaces)
                #expect(Guard.isInstalled(gateway: "a.b", interfaces: interfaces))
            }
            #expect(!Guard.isInstalled(gateway: "a.b", interfaces: ["eth0"]))
            #expect(!Guard.isInstalled(gateway: "a-b"))
            _ = try Command.run(
                "nft", ["flush", "chain", "inet", GatewayName.table("a.b"), "forward"], package: "nftables")
            #expect(!Guard.isInstalled(gateway: "a.b", interfaces: interfaces))
            try Guard.install(gateway: "a.b", interfaces: [])
            #expect(Guard.isInstalled(gateway: "a.b", interfaces: []))
            try Guard.remove(gateway: "a.b")
            try Guard.remove(gateway: "a.b")
            #expect(!Guard.isInstalled(gateway: "a.b"))
        }
    }

    @Test("BAD-6 an interface that nftables cannot name is refused", arguments: ["", "eth*", "a\"b", "a b"])
    func badInterface(name: String) throws {
        #expect(throws: KernelError.self) { try GuardRules.text(table: "t", interfaces: [name]) }
    }

    @Test("BAD-6 a missing program is named with its package")
    func missingProgram() {
        let error = #expect(throws: KernelError.self) {
            try Command.run("sluice-no-such-program", [], package: "something")
        }
        #expect(error?.description == "'sluice-no-such-program' is not installed: apt-get install something")
    }

    @Test("forwarding is switched on, and restored afterwards")
    func forwarding() throws {
        try UnnamedNetworkNamespace().run {
            try Forwarding(version4: false, version6: false).restore()
            let before = try Forwarding.enable()
            #expect(before == Forwarding(version4: false, version6: false))
            #expect(Forwarding.current() == Forwarding(version4: true, version6: true))
            try before.restore()
            #expect(Forwarding.current() == before)
        }
    }
}

/// Two hosts with a router between them, in namespaces without names.
struct Router {
    let namespace: UnnamedNetworkNamespace
    let westHost: UnnamedNetworkNamespace
    let eastHost: UnnamedNetworkNamespace

    /// `indices`: the indices of the router's interfaces, if they matter.
    init(indices: [String: Int] = [:]) throws {
        namespace = try UnnamedNetworkNamespace()
        westHost = try UnnamedNetworkNamespace()
        eastHost = try UnnamedNetworkNamespace()
        for (name, host, network) in [("west", westHost, 1), ("east", eastHost, 2)] {
            try namespace.run {
                let index = indices[name].map { "index \($0) " } ?? ""
                try KernelMachine.ip("link add \(name) \(index)type veth peer name host netns \(host.path)")
                try KernelMachine.ip("address add 10.0.\(network).1/24 dev \(name)")
                try KernelMachine.ip("link set \(name) up")
            }
            try host.run {
                try KernelMachine.ip("address add 10.0.\(network).2/24 dev host")
                try KernelMachine.ip("link set host up")
                try KernelMachine.ip("route add default via 10.0.\(network).1")
            }
        }
    }

    /// Whether the west host receives a reply to its ping of the east host.
    func canPing() throws -> Bool {
        try westHost.run {
            let arguments = ["-n", "-c", "1", "-W", "1", "10.0.2.2"]
            return try Command.run("ping", arguments, package: "iputils-ping").status == 0
        }
    }

    /// Overwrites the link destination of every incoming packet, as the datapath does.
    func stamp(_ address: String) throws {
        let chains = ["west", "east"].map {
            "chain \($0) { type filter hook ingress device \($0) priority 0; ether daddr set \(address); }"
        }
        let rules =
            "add table netdev stamps\ndelete table netdev stamps\ntable netdev stamps {\n\(chains.joined(separator: "\n"))\n}\n"
        let outcome = try Command.run("nft", ["-f", "-"], input: rules, package: "nftables")
        try #require(outcome.status == 0, "\(outcome.errorOutput)")
    }

    /// Applies an nftables statement to every incoming packet, before the forward hook.
    func mark(_ statement: String) throws {
        let rules = """
            add table ip marks
            delete table ip marks
            table ip marks {
                chain incoming { type filter hook prerouting priority mangle; \(statement); }
            }
            """
        let outcome = try Command.run("nft", ["-f", "-"], input: rules + "\n", package: "nftables")
        try #require(outcome.status == 0, "\(outcome.errorOutput)")
    }
}

import FlowCore
import FlowLayout
import Testing

@testable import Policy

/// Worked examples of the documentation of network security groups.
@Suite("Network security groups: documented examples")
struct GroupGoldenTests {
    /// network-security-group-how-it-works: a packet to or from port 80 of four machines. NSG1 belongs to the subnet of
    /// VM1 and VM2. NSG2 belongs to the interfaces of VM1 and VM3. VM4 has no group.
    ///
    /// A zone has one group. A machine with two groups is modelled by two zones in series.
    private struct FourMachines {
        let policy: CompiledPolicy

        /// - Parameter rules: additional rules of NSG1 and of NSG2.
        init(_ first: String = "", _ second: String = "") throws {
            policy = try CompiledPolicy(
                Configuration.parse(
                    """
                    zones:
                      - { name: subnet1, interfaces: [eth1], networkSecurityGroup: NSG1 }
                      - { name: interface3, interfaces: [eth2], networkSecurityGroup: NSG2 }
                      - { name: none, interfaces: [eth3] }
                    networkSecurityGroups:
                      - { name: NSG1, rules: [\(first)] }
                      - { name: NSG2, rules: [\(second)] }
                    rules: [{ name: all, priority: 1, access: Allow, protocol: "*", source: "*", destination: "*" }]
                    """, file: "test.yaml", hostName: "test"))
        }

        private static let zones: [[UInt8]] = [[1, 2], [1], [2], [3]]

        private func ask(_ from: UInt8, _ to: UInt8, _ source: String, _ destination: String) -> Bool {
            var question = sluice_classification()
            question.family = 4
            question.protocol = 6
            question.sourceZone = from
            question.destinationZone = to
            question.source = NetworkAddress(source)?.layout ?? sluice_address()
            question.destination = NetworkAddress(destination)?.layout ?? sluice_address()
            question.sourcePort = 50000
            question.destinationPort = 80
            return policy.image.classify(question).allowed == 1
        }

        /// The machines, by number, that the Internet can reach; every zone on the path must allow it.
        var reached: [Int] {
            (1...4).filter { Self.zones[$0 - 1].allSatisfy { ask(3, $0, "20.1.2.3", "10.0.0.4") } }
        }

        /// The machines that can reach the Internet.
        var reaching: [Int] {
            (1...4).filter { Self.zones[$0 - 1].reversed().allSatisfy { ask($0, 3, "10.0.0.4", "20.1.2.3") } }
        }
    }

    private static let allow =
        "{ name: in, priority: 100, direction: Inbound, access: Allow, protocol: Tcp, source: Internet, destination: \"*\", destinationPorts: 80 }"
    private static let deny =
        "{ name: out, priority: 100, direction: Outbound, access: Deny, protocol: Tcp, source: \"*\", destination: Internet, destinationPorts: 80 }"

    @Test(
        "NSG-4 the four machines of the documentation, inbound: both groups of VM1 must allow, VM4 has none and is open"
    )
    func inbound() throws {
        #expect(try FourMachines().reached == [4])
        #expect(try FourMachines(Self.allow).reached == [2, 4])
        #expect(try FourMachines("", Self.allow).reached == [3, 4])
        #expect(try FourMachines(Self.allow, Self.allow).reached == [1, 2, 3, 4])
    }

    @Test("NSG-4 the four machines, outbound: the default rules allow the Internet until a group denies port 80")
    func outbound() throws {
        #expect(try FourMachines().reaching == [1, 2, 3, 4])
        #expect(try FourMachines("", Self.deny).reaching == [2, 4])
        #expect(try FourMachines(Self.deny).reaching == [3, 4])
        #expect(try FourMachines(Self.deny, Self.deny).reaching == [4])
    }

    @Test(
        "NSG-2 the six default rules decide as documented where a group has no others",
        arguments: [
            ("Inbound", "10.0.0.9", "10.0.0.4", "AllowVnetInBound"),
            ("Inbound", "168.63.129.16", "20.1.2.3", "AllowAzureLoadBalancerInBound"),
            ("Inbound", "20.1.2.3", "10.0.0.4", "DenyAllInBound"),
            ("Outbound", "10.0.0.4", "10.0.0.9", "AllowVnetOutBound"),
            ("Outbound", "10.0.0.4", "20.1.2.3", "AllowInternetOutBound"),
            ("Outbound", "20.1.2.3", "10.0.0.4", "DenyAllOutBound"),
        ])
    func defaults(direction: String, source: String, destination: String, rule: String) throws {
        let group = NetworkSecurityGroup(name: "g")
        let way = try #require(RuleDirection(rawValue: direction))
        let book = AddressBook(internalPrefixes: Configuration.defaultInternalPrefixes)
        let from = try #require(NetworkAddress(source))
        let to = try #require(NetworkAddress(destination))
        let deciding = group.effectiveRules(way, in: book).first {
            $0.source.contains(from) && $0.destination.contains(to)
        }
        #expect(deciding?.name == "g/defaultSecurityRules/\(rule)")
        #expect(deciding?.access == (rule.hasPrefix("Allow") ? .allow : .deny))
        let priorities = group.rules(way).map(\.priority)
        #expect(priorities == [65000, 65001, 65500] && group.rules(way).allSatisfy(\.isDefault))
    }

    @Test("NSG-3 the reply direction needs no rule: rules apply only to packets that begin a session")
    func reply() throws {
        // Outbound to the Internet is allowed by default. A new session between the same ends in the other direction is
        // not.
        let machines = try FourMachines()
        #expect(machines.reaching == [1, 2, 3, 4] && machines.reached == [4])
    }
}

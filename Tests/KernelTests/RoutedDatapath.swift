import FlowLayout
import Glibc
import Testing

@testable import Kernel
@testable import Policy

/// A router whose datapath allows everything, with a host west of it (zone 1) and one east of it (zone 2). It is
/// ``Router`` with the program on both interfaces and the guard, and without processes.
struct RoutedDatapath {
    static let zones = ["west": UInt8(1), "east": UInt8(2)]

    let router: Router
    let datapath: Datapath

    init(allow: Bool = true, indices: [String: Int] = [:]) throws {
        router = try Router(indices: indices)
        datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: 1024, pinned: false)
        try CompiledPolicy(Self.configuration(allow: allow)).image.write(to: datapath.policyMemory(0))
        datapath.table.runtime.pointee.halfOpenLimit = 256
        datapath.table.runtime.pointee.fragmentTimeoutTicks = 1800
        try router.namespace.run {
            _ = try Forwarding.enable()
            try Guard.install(gateway: datapath.gateway, interfaces: Self.zones.keys.sorted())
            for (name, zone) in Self.zones { try attach(name, zone: zone) }
        }
    }

    /// Call it in the router's namespace.
    func attach(_ name: String, zone: UInt8) throws {
        let interface = try NetworkInterface.find(name)
        let entry = sluice_interface(
            zone: zone, linkHeaderLength: UInt8(interface.linkHeaderLength), handsToPeer: 0, reserved: 0,
            mtu: UInt32(interface.mtu))
        try datapath.interfaces.set(entry, at: interface.index)
        try datapath.attach(interface: interface)
    }

    func counter(_ index: Int) -> UInt64 { datapath.counters()[index] }

    private static func configuration(allow: Bool) throws -> Configuration {
        let rule = "{ name: all, priority: 100, access: Allow, protocol: \"*\", source: [\"*\"], destination: [\"*\"] }"
        return try Configuration.parse(
            """
            gateway: test
            profile: azure
            zones:
              - { name: west, interfaces: [west] }
              - { name: east, interfaces: [east] }
            \(allow ? "rules: [\(rule)]" : "")
            """, file: "test.yaml", hostName: "test")
    }
}

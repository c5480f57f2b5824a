import FlowLayout
import Glibc
import Testing

@testable import Kernel

@Suite("The program on an interface", .onTheKernel, .serialized)
struct AttachmentTests {
    /// A namespace with a pair of interfaces, `left` and `right`.
    private func pair() throws -> UnnamedNetworkNamespace {
        let namespace = try UnnamedNetworkNamespace()
        try namespace.run { try KernelMachine.ip("link add left type veth peer name right") }
        return namespace
    }

    private static let zoneOne = sluice_interface(
        zone: 1, linkHeaderLength: 14, handsToPeer: 0, reserved: 0, mtu: 1500)

    private func queueingDisciplines(_ interface: String) throws -> String {
        try Command.run("tc", ["qdisc", "show", "dev", interface], package: "iproute2").output
    }

    @Test("the program is attached, attached again, and leaves nothing behind")
    func attachAndDetach() throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        let datapath = try Datapath.load(gateway: gateway, capacitySessions: 64)
        try pair().run {
            let interface = try NetworkInterface.find("left")
            #expect(!datapath.isAttached(interfaceIndex: interface.index))
            try datapath.attach(interface: interface)
            #expect(datapath.isAttached(interfaceIndex: interface.index))
            // The controller has restarted.
            let reopened = try Datapath.open(gateway: gateway)
            #expect(reopened.isAttached(interfaceIndex: interface.index))
            try reopened.attach(interface: interface)
            try reopened.detach(interface: interface)
            #expect(!datapath.isAttached(interfaceIndex: interface.index))
            #expect(datapath.attachedProgram(interface.index) == nil)
            #expect(try !queueingDisciplines("left").contains("clsact"))
            // A second time is not an error.
            try reopened.detach(interface: interface)
        }
    }

    @Test("on an older kernel's clsact: attached, attached again, and the clsact that was created for it is removed")
    func ownHook() throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        let datapath = try Datapath.load(gateway: gateway, capacitySessions: 64)
        try pair().run {
            let interface = try NetworkInterface.find("left")
            for _ in 0..<2 {
                try datapath.attachToClsact(interface)
                #expect(try queueingDisciplines("left").contains("clsact"))
                #expect(datapath.isAttached(interfaceIndex: interface.index))
                #expect(TrafficControlExpress.attachedProgram(interfaceIndex: interface.index) == nil)
            }
            try datapath.detach(interface: interface)
            #expect(datapath.attachedProgram(interface.index) == nil)
            #expect(try !queueingDisciplines("left").contains("clsact"))
        }
    }

    @Test("a program on a clsact moves to tcx when it is attached again, and the clsact is removed")
    func moves() throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        let datapath = try Datapath.load(gateway: gateway, capacitySessions: 64)
        try pair().run {
            let interface = try NetworkInterface.find("left")
            try datapath.attachToClsact(interface)
            try datapath.attach(interface: interface)
            let identifier = datapath.ingressProgramIdentifier
            #expect(
                TrafficControlExpress.attachedProgram(interfaceIndex: interface.index)?.identifier == identifier)
            #expect(TrafficControl.attachedProgram(interfaceIndex: interface.index) == nil)
            #expect(try !queueingDisciplines("left").contains("clsact"))
        }
    }

    @Test("a clsact that existed before, or that another program uses, stays")
    func foreignHook() throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        let datapath = try Datapath.load(gateway: gateway, capacitySessions: 64)
        try pair().run {
            let left = try NetworkInterface.find("left")
            _ = try Command.run("tc", ["qdisc", "add", "dev", "left", "clsact"], package: "iproute2")
            try datapath.attachToClsact(left)
            try datapath.detach(interface: left)
            #expect(try queueingDisciplines("left").contains("clsact"))

            let right = try NetworkInterface.find("right")
            try datapath.attachToClsact(right)
            let pin = GatewayName.pinDirectory(gateway) + "/sluice_ingress"
            let filter = "filter add dev right egress pref 9 bpf direct-action object-pinned \(pin)"
            let added = try Command.run("tc", filter.split(separator: " ").map { String($0) }, package: "iproute2")
            #expect(added.status == 0, "\(added.errorOutput)")
            try datapath.detach(interface: right)
            #expect(try queueingDisciplines("right").contains("clsact"))
        }
    }

    @Test("BAD-6 a program that a former gateway left on an interface is released; a program in use only by force")
    func release() throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        let datapath = try Datapath.load(gateway: gateway, capacitySessions: 64)
        try pair().run {
            let interface = try NetworkInterface.find("left")
            #expect(try Datapath.release(interface: interface, byForce: false) == nil)
            try datapath.attach(interface: interface)
            #expect(throws: KernelError.self) { try Datapath.release(interface: interface, byForce: false) }
            #expect(datapath.isAttached(interfaceIndex: interface.index))
            #expect(
                try Datapath.release(interface: interface, byForce: true) == datapath.ingressProgramIdentifier)
            #expect(!datapath.isAttached(interfaceIndex: interface.index))
            try datapath.attach(interface: interface)
            let identifier = datapath.ingressProgramIdentifier
            try Datapath.removePins(gateway: gateway)
            #expect(try Datapath.release(interface: interface, byForce: false) == identifier)
            #expect(datapath.attachedProgram(interface.index) == nil)
        }
    }

    @Test("KEEP-3 replacements that overlap, and a controller that starts during them, agree on one program in the end")
    func overlappingReplacements() async throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        let datapath = try Datapath.load(gateway: gateway, capacitySessions: 64)
        let namespace = try pair()
        let interface = try namespace.run {
            let interface = try NetworkInterface.find("left")
            try datapath.interfaces.set(Self.zoneOne, at: interface.index)
            try datapath.attach(interface: interface)
            return interface
        }
        // The helper of a killed controller, the helper of its successor, and the successor itself.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let count = try namespace.run { try Datapath.replacePrograms(gateway: gateway) }
                    #expect(count == 1)
                }
            }
            group.addTask { try namespace.run { try Datapath.open(gateway: gateway).attach(interface: interface) } }
            try await group.waitForAll()
        }
        try namespace.run {
            let pinned = try Datapath.open(gateway: gateway).ingressProgramIdentifier
            #expect(datapath.attachedProgram(interface.index) == pinned)
            // A process that opened the first pinned program finds the new one, too.
            try datapath.attach(interface: interface)
            #expect(datapath.attachedProgram(interface.index) == pinned)
            #expect(datapath.ingressProgramIdentifier == pinned)
        }
    }

    @Test("BAD-6 a second gateway on the same interface is refused, and the first one is named")
    func secondGateway() throws {
        let first = KernelMachine.gatewayName() + "1"
        let second = KernelMachine.gatewayName() + "2"
        defer {
            try? Datapath.removePins(gateway: first)
            try? Datapath.removePins(gateway: second)
        }
        let one = try Datapath.load(gateway: first, capacitySessions: 64)
        let other = try Datapath.load(gateway: second, capacitySessions: 64)
        try pair().run {
            let interface = try NetworkInterface.find("left")
            try one.attach(interface: interface)
            let error = #expect(throws: KernelError.self) { try other.attach(interface: interface) }
            #expect(
                error
                    == .interfaceTaken(
                        interface: "left", program: "sluice_ingress", identifier: one.ingressProgramIdentifier ?? 0,
                        holder: "gateway \(first)"))
            #expect(one.isAttached(interfaceIndex: interface.index))
            try other.detach(interface: interface)
            #expect(one.isAttached(interfaceIndex: interface.index))
            // The new program replaces the old one without a gap.
            try other.attach(interface: interface, replacing: one.ingressProgramIdentifier)
            #expect(other.isAttached(interfaceIndex: interface.index))
        }
    }

    @Test("MAINT-3 RECOV-3 a program that another process has attached meanwhile is neither replaced nor left behind")
    func replacedMeanwhile() throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        let controller = try Datapath.load(gateway: gateway, capacitySessions: 64)
        let original = controller.ingressProgramIdentifier
        try pair().run {
            let interface = try NetworkInterface.find("left")
            try controller.interfaces.set(Self.zoneOne, at: interface.index)
            try controller.attach(interface: interface)
            #expect(try Datapath.replacePrograms(gateway: gateway) == 1)
            let replaced = controller.attachedProgram(interface.index)
            #expect(replaced != original && replaced != nil)
            // The controller has the old program open, and finds the new one attached.
            #expect(controller.isAttached(interfaceIndex: interface.index))
            try controller.attach(interface: interface)
            #expect(controller.attachedProgram(interface.index) == replaced)
            #expect(controller.ingressProgramIdentifier == replaced)
            // A program with the same instructions is not replaced.
            #expect(try Datapath.replacePrograms(gateway: gateway, onlyIfDifferent: true) == nil)
            #expect(controller.attachedProgram(interface.index) == replaced)
            // Replaced again, and detached by a controller that has not noticed.
            #expect(try Datapath.replacePrograms(gateway: gateway) == 1)
            try controller.detach(interface: interface)
            #expect(controller.attachedProgram(interface.index) == nil)
        }
    }

    @Test("BAD-6 the error names an interface that is missing or is removed")
    func missingInterface() throws {
        let datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: 64, pinned: false)
        try pair().run {
            #expect(throws: KernelError.interfaceMissing(name: "nowhere")) { try NetworkInterface.find("nowhere") }
            let interface = try NetworkInterface.find("left")
            try datapath.attach(interface: interface)
            try KernelMachine.ip("link delete left")
            #expect(!datapath.isAttached(interfaceIndex: interface.index))
            try datapath.detach(interface: interface)
            #expect(throws: KernelError.interfaceMissing(name: "left")) { try datapath.attach(interface: interface) }
        }
    }

    @Test("an interface's MTU, header length and addresses are read in the network namespace of the thread")
    func interfaces() throws {
        try pair().run {
            try KernelMachine.ip("link set left mtu 9000 up")
            try KernelMachine.ip("address add 192.0.2.1/24 dev left")
            try KernelMachine.ip("address add 2001:db8::1/64 dev left nodad")
            let left = try NetworkInterface.find("left")
            #expect(left.mtu == 9000 && left.linkHeaderLength == 14 && left.isUp)
            #expect(NetworkInterface.name(index: left.index) == "left")
            #expect(try !NetworkInterface.find("right").isUp)
            let addresses = NetworkInterface.ownAddresses().filter { $0.interface == "left" }
            #expect(
                addresses.contains(
                    InterfaceAddress(interface: "left", family: 4, high: 0, low: 0xFFFF_C000_0201, prefixLength: 24)))
            #expect(
                addresses.contains(
                    InterfaceAddress(
                        interface: "left", family: 6, high: 0x2001_0DB8_0000_0000, low: 1, prefixLength: 64)))
        }
    }
}

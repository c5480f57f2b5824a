import Glibc
import Lab

/// One contender with its own gateway and hosts. All contenders stay set up, so that they can be measured in turn.
final class Contender {
    let kind: ContenderKind
    let lab: Lab
    /// Sluice's processes; nil for the others.
    private(set) var gateway: LabGateway?
    private(set) var processes: [pid_t] = []
    private var proxy: ProxyServer?
    let client: BenchHost
    let service: BenchHost

    /// The prefix of lab names. Our process identifier and the kind follow.
    static let labPrefix = "sluice-bench"

    init(_ kind: ContenderKind) async throws {
        self.kind = kind
        lab = try Lab.up(name: "\(Self.labPrefix)-\(getpid())-\(kind.rawValue)")
        do {
            let links = LabLinks(lab: lab)
            try await links.prepare()
            client = try await links.host(.client)
            service = try await links.host(.internet)
            try await links.makeNeighboursPermanent([.client, .internet])
            try await install()
        } catch {
            // The first error is the one to report.
            try? lab.down()
            throw error
        }
    }

    private func install() async throws {
        if let settings = kind.sluiceSettings {
            let text = SluiceConfiguration.text(gateway: lab.name, settings)
            let gateway = try await lab.startGateway(configuration: text, within: .seconds(120))
            self.gateway = gateway
            processes = gateway.processes
            return
        }
        if kind == .proxy {
            let proxy = try await ProxyServer(lab)
            self.proxy = proxy
            processes = [proxy.process.identifier]
            return
        }
        try lab.setPlainForwarding(true)
        if let rules = kind.nftablesRules {
            let path = try lab.write(rules, to: "rules.nft")
            try await lab.execute(in: .gateway, ["nft", "-f", path]).required()
            try Conntrack.raiseLimit(in: gatewayPlace)
        }
        if kind == .door { try await EntryDrop.install(lab, .gateway, LabZone.client.gatewayInterface) }
    }

    /// A controller that has taken the gateway over.
    func adopt(_ gateway: LabGateway) {
        self.gateway = gateway
        processes = gateway.processes
    }

    var gatewayPlace: NetworkPlace { NetworkPlace(name: lab.namespaceName(.gateway)) }

    /// The address that the client connects to in order to reach the service.
    var entry: UInt32 { kind == .proxy ? Flow.proxy : Flow.service }

    /// Whether the hosts drop all packets on arrival, so that their network stacks cost nothing.
    func setHostsDropping(_ isDropping: Bool) async throws {
        for zone in [LabZone.client, .internet] {
            if isDropping {
                try await EntryDrop.install(lab, .zone(zone), LabZone.hostInterface)
            } else {
                try await EntryDrop.remove(lab, .zone(zone), LabZone.hostInterface)
            }
        }
    }

    /// Packets that have reached the service's host while it drops them.
    func arrivals() async throws -> Int {
        try await EntryDrop.packets(lab, .internet, LabZone.hostInterface)
    }

    /// Sessions in the gateway; nil if it does not track sessions.
    func sessionCount() async throws -> Int? {
        if kind.usesConntrack { return try Conntrack.count(in: gatewayPlace) }
        if let gateway { return try await SluiceStatus(of: gateway).sessions.count }
        return nil
    }

    /// Ends its processes, and removes its lab.
    func end() async throws {
        await gateway?.stop()
        await proxy?.end()
        try lab.down()
    }
}

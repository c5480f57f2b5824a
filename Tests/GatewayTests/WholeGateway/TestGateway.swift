import FlowCore
import FlowLayout
import Kernel
import Lab
import TestSupport
import Testing

@testable import Gateway

/// The clock of these tests is this many times faster than the profile's: N-S idle timeout 3 s, E-W 3.75 s.
let scale = 80

/// The setting with which sessions stay when an instance is killed.
let preserve = "continuity: preserve"

/// Runs a test in a separate lab with a gateway in it, and removes both in any case.
func withRunningGateway(extra: String = "", _ body: (Lab, LabGateway) async throws -> Void) async throws {
    try await withTestLab(prefix: "sluice-gw") { lab in
        let gateway = try await lab.startGateway(configuration: lab.configuration(timeScale: scale, extra: extra))
        do {
            try await body(lab, gateway)
        } catch {
            Issue.record("the gateway said: \(gateway.process.allOutput)")
            throw error
        }
    }
}

extension Lab {
    /// Both ends of a session from client to a server in another zone, which answers what it is sent.
    func session(to zone: LabZone, port: Int = 8000) async throws -> (client: Endpoint, server: Endpoint) {
        let server = try await listener(in: .zone(zone), port: port, "--echo")
        let client = try connector(in: .client, to: zone.address, port: port)
        try await client.waitFor("connected", within: .seconds(10))
        client.perform("send 10")
        try await client.waitFor("data", within: .seconds(10))
        return (client, server)
    }

    /// The established TCP sessions of the lab's gateway, as its memory has them.
    func establishedSessions() throws -> [SessionReference] {
        let datapath = try Datapath.open(gateway: name)
        return (0..<datapath.table.slotCount).compactMap { slot in
            let word = ControlWord(rawValue: datapath.table.words[slot])
            guard word.isState(.established), datapath.table.sessions[slot].key.protocol == IPProtocol.tcp else {
                return nil
            }
            return SessionReference(slot: UInt32(slot), generation: word.generation)
        }
    }

    /// The processes of all instances that serve, by the instances' records.
    func instanceProcesses() throws -> Set<Int32> {
        let datapath = try Datapath.open(gateway: name)
        return Set(
            (1..<Int(SLUICE_MAX_INSTANCES)).map { Int32(bitPattern: datapath.table.instances[$0].processIdentifier) }
        )
        .subtracting([0])
    }

    /// The process of the instance that owns the first established session, or of instance 1 if there is none.
    func owningProcess() throws -> Int32 {
        let datapath = try Datapath.open(gateway: name)
        let slab = try establishedSessions().first.map { Int($0.slot) >> datapath.table.slabShift }
        let owner = slab.map { Int(datapath.table.slabs[$0].owner) } ?? Int(Datapath.firstInstance)
        return Int32(bitPattern: datapath.table.instances[owner].processIdentifier)
    }

    /// Whether the right number of instances serve, none of them by a process that was ended.
    func isReplaced(_ process: Int32) -> Bool {
        guard let processes = try? instanceProcesses() else { return false }
        return processes.count == 2 && !processes.contains(process)
    }
}

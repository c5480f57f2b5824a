import FlowCore
import FlowLayout
import Kernel
import Lab
import Testing

@testable import Gateway

/// What the first rule with probes needs on a gateway that runs without one.
@Suite(.serialized) struct ProbeReloadTests {
    @Test(
        "IDLE-5 OPS-3 a gateway has no room for time stamps until a reload brings a rule that probes")
    func reload() async throws {
        try await withRunningGateway(extra: preserve) { lab, gateway in
            let datapath = try Datapath.open(gateway: lab.name)
            #expect(datapath.timestampBytes() < 8192)
            let rule =
                "name: probed, priority: 90, access: Allow, protocol: Tcp, source: [\"*\"], destination: [\"*\"], "
                + "destinationPorts: [8001], idleTimeout: 2h, onIdle: probe"
            let text = lab.configuration(timeScale: scale, rules: [rule], extra: preserve)
            try FileStore.replace(gateway.configurationPath, with: Array(text.utf8))
            _ = try GatewayClient(gateway: lab.name).reload()
            #expect(datapath.timestampBytes() > 1 << 20)

            let probed = try await lab.session(to: .internet, port: 8001)
            let slot = try #require(try lab.slot(port: 8001, datapath))
            let kept = try #require(datapath.timestamps(slot: slot))
            let generation = ControlWord(rawValue: datapath.table.words[Int(slot)]).generation
            #expect(TimestampTracking.value(kept.originator, generation: generation) != nil)
            #expect(TimestampTracking.value(kept.responder, generation: generation) != nil)
            // A session without a rule that probes has none.
            _ = try await lab.session(to: .internet, port: 8000)
            let other = try #require(try lab.slot(port: 8000, datapath))
            #expect(datapath.timestamps(slot: other) == nil)
            // The instances have run since before the table was made: they find it, and remove what is over.
            probed.client.perform("rst")
            let isGone = await eventually(within: .seconds(20)) { datapath.timestamps(slot: slot) == nil }
            #expect(isGone)
        }
    }
}

extension Lab {
    /// The slot of the session to a server's port.
    fileprivate func slot(port: UInt16, _ datapath: Datapath) throws -> UInt32? {
        try establishedSessions().map(\.slot).first {
            let key = datapath.table.sessions[Int($0)].key
            return key.lowPort == port || key.highPort == port
        }
    }
}

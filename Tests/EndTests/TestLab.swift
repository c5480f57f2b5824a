import Lab
import TestSupport
import Testing

/// How many labs are up at a time. They mostly wait for timeouts, which they can do in parallel.
private let labs = Seats.labs

/// Runs a test in a lab of its own with Sluice running in it, and takes the lab down whatever happens. If the test
/// throws an error, the output of Sluice is shown. A test that loads the machine, or has to be quick, runs `alone`.
func withGateway(
    alone: Bool = false, timeScale: Int = 1, sessions: Int = 4096, rules: [String] = [], extra: String = "",
    _ body: (Lab, LabGateway) async throws -> Void
) async throws {
    try await labs.taken(alone: alone) {
        try await withTestLab(prefix: "sluice-ends") { lab in
            let text = lab.configuration(timeScale: timeScale, sessions: sessions, rules: rules, extra: extra)
            let gateway = try await lab.startGateway(configuration: text)
            do {
                try await body(lab, gateway)
                #expect(gateway.process.isRunning, "the gateway has ended: \(gateway.process.allOutput)")
            } catch {
                Issue.record("the gateway said: \(gateway.process.allOutput)")
                throw error
            }
        }
    }
}

/// How long an immediate effect may take to show on a slow and busy machine.
let soon = Duration.seconds(2)
/// How long any other expected effect may take.
let patience = Duration.seconds(15)

/// A rule that allows TCP from everywhere to a port (8100 or higher), with its own treatment of idle sessions:
/// `rule(9001, "idleTimeout: 2s")`.
func rule(_ port: Int, _ treatment: String) -> String {
    "name: port-\(port), priority: \(port - 8000), access: Allow, protocol: Tcp, source: [\"*\"], destination: [\"*\"], "
        + "destinationPorts: [\(port)], \(treatment)"
}

/// A filter for tcpdump: TCP segments with RST, over IPv4 and IPv6.
let anyReset = "(tcp[tcpflags] & tcp-rst != 0) or (ip6[6] == 6 and ip6[53] & 4 != 0)"

/// Lets `duration` pass.
func pass(_ duration: Duration) async throws {
    try await Task.sleep(for: duration)
}

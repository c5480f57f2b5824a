import Foundation
import Lab
import Testing

/// The relay as a process, with real sockets and programs. The other side is Python's, so that nothing of ours judges
/// itself: `live/*.py`, one scene after the other.
@Suite("Relay, live", .serialized)
struct LiveRelayTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "live").path()

    /// Runs a scene with this machine's Python, or with that of a folder for PyPI's packages.
    private func show(_ file: String, _ scene: String, seconds: Int = 120, packages: [String] = []) async throws {
        var environment = [
            "SLUICE_RELAY_PROGRAM": try SluiceBinary.path(of: "sluice-relay"), "PYTHONDONTWRITEBYTECODE": "1",
            "SLUICE_SCENE_SECONDS": "\(seconds)",
        ]
        if !packages.isEmpty { environment["PYTHONPATH"] = try await PythonPackages.folder(with: packages) }
        let child = try ChildProcess(["python3", "\(Self.folder)/\(file).py", scene], environment: environment)
        let result = try await child.result(within: .seconds(seconds + 10))
        #expect(result.succeeded && result.output.hasSuffix("shown\n"), "\(scene): \(result.allOutput)")
    }

    @Test("RELAY-1 the control API answers every exchange to the byte", arguments: ["exchanges", "headers"])
    func exchanges(scene: String) async throws { try await show("api", scene) }

    @Test("RELAY-1 requests as the clients for Ruby, Go, Java and Node make them")
    func clients() async throws { try await show("api", "clients") }

    @Test("RELAY-1 toxiproxy-python from PyPI runs unmodified")
    func pythonClient() async throws {
        try await show("api", "python_client", packages: ["toxiproxy-python", "future", "requests"])
    }

    @Test("RELAY-1 options, toxiproxy's too, and what is wrong with them")
    func options() async throws { try await show("api", "options") }

    @Test("RELAY-1 it runs as uid 65534 without capabilities and without libbpf")
    func withoutPrivileges() async throws { try await show("connections", "without_privileges") }

    @Test("RELAY-1 toxiproxy's seven toxics do what its documents say")
    func seven() async throws { try await show("toxics", "seven") }

    @Test("RELAY-1 a reset is a RST at both ends, for old, idle and half-closed connections")
    func resets() async throws { try await show("connections", "resets") }

    @Test("RELAY-2 RELAY-3 silence swallows both ways, and says what a relay can't show")
    func silence() async throws { try await show("toxics", "silence") }

    @Test(
        "RELAY-2 a profile without any toxic; keep-alives renew as at the firewall",
        arguments: ["profile", "keep_alive"])
    func profile(scene: String) async throws { try await show("toxics", scene) }

    @Test("RELAY-2 disruptions by the fleet's machines", arguments: ["drain", "maintenance", "recovery"])
    func disruptions(scene: String) async throws { try await show("toxics", scene) }

    @Test("RELAY-3 half-close, RST and back-pressure", arguments: ["half_close", "reset_passed_on", "back_pressure"])
    func streams(scene: String) async throws { try await show("connections", scene) }

    @Test("RELAY-3 10,001 connections: the limit is named")
    func many() async throws { try await show("connections", "many", seconds: 240) }

    @Test("RELAY-3 limits of proxies and toxics")
    func limits() async throws { try await show("api", "limits") }

    @Test("RELAY-3 an upstream that is not there")
    func noUpstream() async throws { try await show("connections", "no_upstream") }

    @Test("RELAY-3 a control client that disappears leaves nothing behind")
    func vanishingClient() async throws { try await show("api", "vanishing_client") }

    @Test("RELAY-1 real ssh, psql and redis through it", arguments: ["secure_shell", "database", "redis"])
    func programs(scene: String) async throws { try await show("connections", scene) }

    @Test("RELAY-4 silence on the wire without root: the client's TCP gives up")
    func namespaces() async throws { try await show("runs", "namespaces") }

    @Test("RELAY-4 where namespaces are off, the switch is named")
    func refused() async throws { try await show("runs", "refused") }

    @Test("RELAY-5 verdicts of a scenario: survives, notices, hangs")
    func verdicts() async throws { try await show("runs", "verdicts") }

    @Test("RELAY-5 mistakes of a scenario name the line and the remedy")
    func mistakes() async throws { try await show("runs", "mistakes") }

    @Test("RELAY-5 the examples run", arguments: ["shell_example", "junit_example"])
    func examples(scene: String) async throws { try await show("runs", scene) }

    @Test("RESUME-1 the example application lives through a reset, a drain and idle timeouts")
    func resilienceExample() async throws { try await show("runs", "resilience_example") }

    @Test("RELAY-5 the example of pytest runs")
    func pytestExample() async throws { try await show("runs", "pytest_example", packages: ["pytest"]) }
}

/// PyPI's packages in a folder of this run.
private enum PythonPackages {
    static func folder(with packages: [String]) async throws -> String {
        let name = packages.joined(separator: "-")
        let folder = "/tmp/sluice-relay-python-\(getpid())-\(name)"
        guard !FileManager.default.fileExists(atPath: folder) else { return folder }
        let install = try ChildProcess(
            ["python3", "-m", "pip", "install", "--quiet", "--target", folder] + packages)
        try await install.result(within: .seconds(120)).required()
        return folder
    }
}

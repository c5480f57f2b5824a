import Foundation
import Kernel
import Lab
import TestSupport
import Testing

/// `packaging/systemd/sluice.service`, read by systemd.
@Suite struct ServiceUnitTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("packaging/systemd/sluice.service").path

    /// Values by name. A setting that is present several times has all its values.
    private func settings() throws -> [String: [String]] {
        var result: [String: [String]] = [:]
        for line in try String(contentsOfFile: Self.path, encoding: .utf8).split(separator: "\n")
        where !line.hasPrefix("#") && !line.hasPrefix("[") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            try #require(parts.count == 2, "\(line)")
            result[parts[0], default: []].append(parts[1])
        }
        return result
    }

    private func exposure(_ path: String) async throws -> CommandResult {
        try await ChildProcess(["systemd-analyze", "security", "--offline=yes", "--threshold=30", path]).result(
            within: .seconds(30))
    }

    @Test("PKG-2 the sandbox: systemd rates its exposure at most 3.0, and knows every setting")
    func sandbox() async throws {
        let result = try await exposure(Self.path)
        #expect(result.succeeded, "\(result.allOutput)")
        #expect(!result.errors.contains("ignoring"), "\(result.errors)")
        // A unit without these settings fails the check.
        let directory = TemporaryDirectory()
        let lax = "\(directory.path)/lax.service"
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        try text.split(separator: "\n").filter { !$0.hasPrefix("Protect") && !$0.hasPrefix("SystemCall") }
            .joined(separator: "\n").write(toFile: lax, atomically: true, encoding: .utf8)
        #expect(try await !exposure(lax).succeeded)
    }

    @Test("PKG-2 the service has its own user, and only the capabilities that a gateway needs")
    func privileges() throws {
        let settings = try settings()
        let needed = Set(Capability.needed.map(\.name))
        for name in ["AmbientCapabilities", "CapabilityBoundingSet"] {
            let listed = try #require(settings[name]?.first)
            #expect(Set(listed.split(separator: " ").map(String.init)) == needed)
        }
        #expect(settings["User"] == ["sluice"] && settings["NoNewPrivileges"] == ["yes"])
        // For /sys/fs/bpf itself systemd 252 keeps the read-only setting of ProtectKernelTunables, whatever the unit says.
        #expect(settings["ReadWritePaths"] == ["-/sys/fs/bpf/sluice /proc/sys/net"])
    }

    @Test("PKG-3 a restart hands over, a stop stops; the instances, and what they need, outlive their controller")
    func lifeCycle() throws {
        let settings = try settings()
        #expect(settings["Type"] == ["notify"] && settings["NotifyAccess"] == ["main"])
        #expect(settings["KillSignal"] == ["SIGTERM"] && settings["RestartKillSignal"] == ["SIGUSR2"])
        #expect(settings["KillMode"] == ["process"] && settings["RuntimeDirectoryPreserve"] == ["yes"])
        #expect(settings["Restart"] == ["on-failure"] && settings["WatchdogSec"] != nil)
        let reload = try #require(settings["ExecReload"])
        #expect(reload.count == 2 && reload[0].contains(" config check ") && reload[1].hasSuffix(" reload"))
    }
}

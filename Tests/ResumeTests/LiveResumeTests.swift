import Foundation
import Lab
import Testing

/// Both ends as processes, with real sockets and programs. The other side is Python's, so that nothing of ours judges
/// itself: `live/*.py`, one scene after the other.
@Suite("Resume, live", .serialized)
struct LiveResumeTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "live").path()

    private func show(_ file: String, _ scene: String, seconds: Int = 120) async throws {
        let environment = [
            "SLUICE_RESUME_PROGRAM": try SluiceBinary.path(of: "sluice-resume"), "PYTHONDONTWRITEBYTECODE": "1",
            "SLUICE_SCENE_SECONDS": "\(seconds)",
        ]
        let child = try ChildProcess(["python3", "\(Self.folder)/\(file).py", scene], environment: environment)
        let result = try await child.result(within: .seconds(seconds + 10))
        #expect(result.succeeded && result.output.hasSuffix("shown\n"), "\(scene): \(result.allOutput)")
    }

    @Test("RESUME-2 eight MiB each way through ten resets, every byte once")
    func forward() async throws { try await show("streams", "forward") }

    @Test("RESUME-2 half-close and RST pass in order, both ways", arguments: ["half_close", "resets"])
    func ends(scene: String) async throws { try await show("streams", scene) }

    @Test(
        "RESUME-2 a target that refuses, or is denied: a RST, and the cause in both logs",
        arguments: ["refused_target", "own_peer", "rules"])
    func targets(scene: String) async throws { try await show("streams", scene) }

    @Test("RESUME-2 a full server, and a full client: new applications are reset, streams that exist go on")
    func full() async throws { try await show("streams", "full") }

    @Test(
        "RESUME-2 a stream that can't be saved: both applications are reset, with the cause in the log",
        arguments: ["dead_server", "forgetful_server", "dead_client", "shutdown"])
    func lost(scene: String) async throws { try await show("streams", scene) }

    @Test("RESUME-2 a connection is replaced before it gets old")
    func renewal() async throws { try await show("streams", "renewal") }

    @Test("RESUME-2 under systemd: messages, credentials, priorities")
    func service() async throws { try await show("streams", "service") }

    @Test(
        "RESUME-2 SOCKS5 for addresses and names, with the right error for each refusal", arguments: ["socks", "curl"])
    func socks(scene: String) async throws { try await show("entrances", scene) }

    @Test("RESUME-2 stdin and stdout: pipes, one socket, files")
    func stdio() async throws { try await show("entrances", "stdio") }

    @Test("RESUME-2 real ssh and psql go on through resets", arguments: ["secure_shell", "database"])
    func programs(scene: String) async throws { try await show("entrances", scene) }

    @Test(
        "RESUME-2 wrong tokens, wrong and expired certificates, strangers",
        arguments: ["wrong_token", "server_certificate", "mutual"])
    func strangers(scene: String) async throws { try await show("refusals", scene) }

    @Test("RESUME-3 a client that was written from the document alone resumes its streams, every byte once")
    func secondClient() async throws { try await show("second", "second_client") }

    @Test("RESUME-2 TLS 1.2 and other application protocols are refused")
    func downgrade() async throws { try await show("refusals", "downgrade") }

    @Test("RESUME-2 mistakes in files and options are named with what to write", arguments: ["files", "options"])
    func mistakes(scene: String) async throws { try await show("refusals", scene) }
}

import Foundation
import Lab
import TestSupport

/// A lab with a gateway, and `sluice-resume` before and behind it: programs in the client's zone use servers in the
/// Internet's zone over connections that the gateway may reset.
struct ResumeLab: Sendable {
    /// The durations of the profile are divided by this. Those of the streams are not: a stream's keep-alive of 15 s is
    /// too late for the idle timeout, which is 6 s here, so an idle stream loses its connection again and again.
    static let timeScale = 40
    /// Where the server of the streams listens. All connections through the gateway go there.
    static let port = 8443

    let lab: Lab
    var gateway: LabGateway
    let binary: String
    let token: String
    let server: ChildProcess

    static func with(_ body: (inout ResumeLab) async throws -> Void) async throws {
        try await withTestLab(prefix: "sluice-rs") { lab in
            var bed = try await ResumeLab(lab)
            do {
                try await body(&bed)
            } catch {
                throw Failed(error: error, log: bed.server.standardError)
            }
        }
    }

    /// An error, with what the server of the streams logged.
    struct Failed: Error, CustomStringConvertible {
        let error: any Error
        let log: String
        var description: String { "\(error)\nthe server logged:\n\(log.suffix(4000))" }
    }

    private init(_ lab: Lab) async throws {
        self.lab = lab
        gateway = try await lab.startGateway(configuration: ResumeLab.configuration(lab))
        binary = try SluiceBinary.path(of: "sluice-resume")
        let folder = lab.directory
        token = "\(folder)/token"
        let script = """
            set -e
            umask 077
            \(binary) token \(folder)/token
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=lab \
                -keyout \(folder)/resume.key -out \(folder)/resume.pem 2>/dev/null
            """
        try await lab.execute(in: .zone(.internet), ["sh", "-c", script]).required()
        server = try lab.spawn(
            in: .zone(.internet),
            [
                binary, "server", "--listen", "0.0.0.0:\(ResumeLab.port)", "--certificate", "\(folder)/resume.pem",
                "--key", "\(folder)/resume.key", "--token-file", token,
                "--allow", "127.0.0.1:1-65535", "--allow", "\(LabZone.internet.address):1-65535",
            ])
        try await server.waitForText("0.0.0.0:\(ResumeLab.port)", within: .seconds(15))
    }

    static func configuration(_ lab: Lab) -> String {
        lab.configuration(
            timeScale: timeScale, sessions: 4096,
            rules: [
                "name: streams, priority: 200, access: Allow, protocol: Tcp, source: [\"\(LabZone.client.prefix)\"], "
                    + "destination: [\"*\"], destinationPorts: [\(port)]"
            ])
    }

    // MARK: The client's end

    private var common: [String] {
        [binary, "client", "--server", "\(LabZone.internet.address):\(ResumeLab.port)", "--token-file", token]
    }

    /// For ssh's ProxyCommand.
    var proxyCommand: String { (common + ["--stdio", "%h:%p"]).joined(separator: " ") }

    /// Starts a client with local ports, each for a port of the server's host.
    func client(_ ports: [Int: Int]) async throws -> ChildProcess {
        let forwards = ports.flatMap { ["--forward", "127.0.0.1:\($0.key)=127.0.0.1:\($0.value)"] }
        let process = try lab.spawn(in: .client, common + forwards)
        for port in ports.keys { try await process.waitForText("127.0.0.1:\(port)", within: .seconds(15)) }
        return process
    }

    /// How often a stream was continued, by the server's log.
    var resumptions: Int { server.standardError.components(separatedBy: "stream resumed").count - 1 }

    // MARK: Disruptions

    /// The gateway resets all sessions of the streams.
    func resetSessions() async throws {
        try await gateway.command("session", "reset", "--port", "\(ResumeLab.port)").required()
    }

    /// Ends the whole gateway with SIGKILL, and starts another one.
    mutating func killGateway() async throws {
        try await gateway.killAll()
        gateway = try await lab.startGateway(configuration: ResumeLab.configuration(lab))
    }
}

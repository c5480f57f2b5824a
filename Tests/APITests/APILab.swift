import FoundationEssentials
import Glibc
import Lab
import TestSupport
import Testing

/// A gateway in its own lab, with the API on loopback.
struct APILab {
    let gateway: LabGateway
    var lab: Lab { gateway.lab }

    static let listen = "api: { listen: 127.0.0.1:8686, limits: { requestsPerSecond: 10000 } }"

    /// Runs a test with a lab, and always removes it afterwards.
    static func with(
        api: String = listen, extra: String = "", timeScale: Int = 10, _ body: (APILab) async throws -> Void
    ) async throws {
        try await withTestLab(prefix: "sluice-api") { lab in
            let gateway = try await lab.startGateway(
                configuration: lab.configuration(timeScale: timeScale, extra: "\(api)\n\(extra)"))
            let api = APILab(gateway: gateway)
            do {
                #expect(await api.isServed(), "\(gateway.process.allOutput)")
                try await body(api)
            } catch {
                Issue.record("the gateway said: \(gateway.process.allOutput)")
                throw error
            }
        }
    }

    /// The answer to a request.
    struct Answer {
        var status = 0
        var head = ""
        var body = ""
    }

    /// - Parameter arguments: arguments of curl.
    func request(_ path: String, _ arguments: String..., base: String = "http://127.0.0.1:8686") async throws -> Answer
    {
        try await request(path, arguments, base: base)
    }

    func request(_ path: String, _ arguments: [String], base: String = "http://127.0.0.1:8686") async throws -> Answer {
        let result = try await lab.execute(
            in: .gateway, ["curl", "-sS", "-i", "-m", "20", "--path-as-is"] + arguments + [base + path])
        guard let end = result.output.firstRange(of: "\r\n\r\n") else {
            return Answer(status: 0, head: result.allOutput, body: "")
        }
        let head = String(result.output[..<end.lowerBound])
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Answer(status: status, head: head, body: String(result.output[end.upperBound...]))
    }

    /// A change, with the admin token and a JSON body.
    func change(_ method: String, _ path: String, _ body: String = "{}") async throws -> Answer {
        try await request(
            path, "-X", method, "-H", "Authorization: Bearer \(try token("admin"))", "-H",
            "Content-Type: application/json", "-d", body)
    }

    func token(_ name: String) throws -> String {
        let path = "\(lab.directory)/state/\(lab.name)/\(name).token"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return String(text.prefix { $0 != "\n" })
    }

    /// The output of a command.
    func command(_ arguments: String...) async throws -> CommandResult {
        try await lab.execute(in: .gateway, [gateway.binary] + arguments + ["--gateway", lab.name])
    }

    func isServed() async -> Bool {
        await eventually(within: .seconds(20)) { (try? await request("/healthz").body) == "ok\n" }
    }

    /// The API's process; nil if there is none.
    func process() -> pid_t? {
        let text = try? String(contentsOfFile: "/run/sluice/\(lab.name)/api.lock", encoding: .utf8)
        guard let number = text.flatMap({ pid_t($0.prefix { $0 != "\n" }) }), kill(number, 0) == 0 else { return nil }
        return number
    }
}

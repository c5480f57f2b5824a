internal import FlowLayout
internal import Kernel
internal import Policy

/// What the start of this binary would do to a gateway that is in the kernel (PKG-3). It changes nothing. A package or an operator asks
/// it before the running version is replaced.
package enum TakeoverCheck {
    package enum Outcome: Equatable, Sendable {
        /// Nothing of the gateway is in the kernel: the start creates it.
        case nothingRuns(gateway: String)
        /// Every session continues, with this configuration.
        case keepsAll(gateway: String, sessions: Int?)
        /// Every session continues, with the configuration in force.
        case keepsConfiguration(gateway: String, reason: String)
        /// Every session continues, but the API is not served.
        case withoutAPI(gateway: String, reason: String)
        /// This binary can't take over. `sessions`: how many would end at a change of version; nil: unknown.
        case layoutDiffers(gateway: String, found: UInt32, sessions: Int?)
        /// The start would fail.
        case refused(reason: String)

        /// For scripts: 0 if no session is lost and nothing is wrong.
        package var exitCode: Int32 {
            switch self {
            case .nothingRuns, .keepsAll: 0
            case .layoutDiffers: 3
            case .keepsConfiguration, .withoutAPI, .refused: 4
            }
        }

        package var text: String {
            switch self {
            case .nothingRuns(let gateway): "gateway \(gateway) is not in the kernel: 'sluice run' starts it"
            case .keepsAll(let gateway, let sessions):
                "gateway \(gateway): 'sluice run' takes over\(sessions.map { ", its \($0) sessions continue" } ?? "")"
            case .keepsConfiguration(let gateway, let reason):
                "\(reason)\ngateway \(gateway): 'sluice run' takes over, and keeps the configuration in force: "
                    + "correct the file, then run 'sluice reload'"
            case .withoutAPI(let gateway, let reason):
                "\(reason)\ngateway \(gateway): 'sluice run' takes over, and does not serve the API: correct that, "
                    + "then run 'sluice reload'"
            case .layoutDiffers(let gateway, let found, let sessions):
                TakeoverCheck.layoutText(gateway: gateway, found: found, sessions: sessions)
            case .refused(let reason): "\(reason)\n'sluice run' would not start: correct the file"
            }
        }
    }

    package static func check(
        configurationPath: String, root: String = RunDirectory.standardRoot
    ) throws(GatewayError) -> Outcome {
        let start: (source: ConfigurationSource, refusal: String?)
        do throws(GatewayError) {
            start = try ConfigurationSource.forStart(path: configurationPath, root: root)
        } catch {
            return .refused(reason: "\(error)")
        }
        let gateway = start.source.configuration.gateway
        let directory = RunDirectory(gateway: gateway, root: root)
        let found = try GatewayError.wrapping { try Datapath.layoutVersion(gateway: gateway) }
        var apiProblem: String?
        do throws(GatewayError) { try APIBinary.check(start.source.configuration) } catch { apiProblem = "\(error)" }
        guard let found else {
            return apiProblem.map { .refused(reason: $0) } ?? .nothingRuns(gateway: gateway)
        }
        let sessions = sessions(directory)
        if found != UInt32(SLUICE_LAYOUT_VERSION) {
            return .layoutDiffers(gateway: gateway, found: found, sessions: sessions)
        }
        if let refusal = start.refusal { return .keepsConfiguration(gateway: gateway, reason: refusal) }
        do {
            try StartUp(source: start.source, directory: directory, log: Log(label: "check", threshold: .error))
                .checkTakeover()
        } catch {
            let inForce = ConfigurationSource.inForce(directory, path: configurationPath)
            guard let inForce, inForce.bytes != start.source.bytes else { return .refused(reason: "\(error)") }
            return .keepsConfiguration(gateway: gateway, reason: "\(error)")
        }
        if let apiProblem { return .withoutAPI(gateway: gateway, reason: apiProblem) }
        return .keepsAll(gateway: gateway, sessions: sessions)
    }

    /// Refuses, before anything is changed, to take over a gateway that this binary can't read.
    static func requireLayout(gateway: String, directory: RunDirectory) throws {
        guard let found = try Datapath.layoutVersion(gateway: gateway), found != UInt32(SLUICE_LAYOUT_VERSION) else {
            return
        }
        throw GatewayError(layoutText(gateway: gateway, found: found, sessions: sessions(directory)))
    }

    private static func layoutText(gateway: String, found: UInt32, sessions: Int?) -> String {
        let cost = sessions.map { "its \($0) sessions" } ?? "all its sessions"
        return "gateway \(gateway) in the kernel has memory layout \(found), this sluice has \(SLUICE_LAYOUT_VERSION): "
            + "it can't take over, so the gateway stays as it is. To keep \(cost), run the version that started it. "
            + "To change over, stop the gateway with that version and start this one: that ends \(cost) without a RST, "
            + "and nothing is forwarded for the seconds in between"
    }

    /// The part of `fleet.json` that every version has.
    private struct Measured: Decodable {
        struct Instance: Decodable { let sessions: Int }
        let measurements: [Instance]
    }

    /// The last measurement of the running version. This binary can't read the session table of another version.
    private static func sessions(_ directory: RunDirectory) -> Int? {
        guard let measured = try? directory.read(Measured.self, from: directory.fleetPath) else { return nil }
        return measured.measurements.isEmpty ? nil : measured.measurements.reduce(0) { $0 + $1.sessions }
    }
}

import Dispatch
import Gateway
import Glibc
import Inspection
package import Kernel
import NIOPosix
import NIOSSL
import Policy
import Store

/// The process that serves the HTTP API: `sluice-api serve`. It opens what it needs, then gives up all other rights
/// (API-1).
package enum APIProcess {
    /// Why it can't serve.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// A lower scheduling priority than everything that carries traffic.
    private static let niceness: Int32 = 10
    private static let threads = 2

    /// Serves until SIGTERM.
    ///
    /// - Parameters:
    ///   - listener: the socket to serve, bound by the controller.
    ///   - version: of this binary.
    package static func run(gateway: String, listener: Int32, version: BinaryVersion) throws -> Never {
        SignalPipe.ignoreBrokenPipes()
        _ = nice(niceness)
        let run = RunDirectory(gateway: gateway)
        // Other processes see from this lock that the API process runs.
        _ = Unmanaged.passRetained(try ProcessLock(path: run.apiLockPath))
        let inspector = try GatewayInspector(gateway: gateway, isConfined: true)
        let configuration = try inspector.directory.configuration()
        guard let settings = configuration.api else {
            throw Failure(description: "gateway \(gateway) has no 'api:' in its configuration")
        }
        let history = HistoryLocation(
            gateway: gateway, path: HistoryPath.of(gateway: gateway, in: configuration.stateDirectory))
        let tokens = try APITokens.read(in: "\(configuration.stateDirectory)/\(gateway)")
        let tls = try settings.tls.map { try CertificateFiles.load($0, now: time(nil)) }
        let landlock = try Confinement.begin(
            readable: [
                run.path, "\(configuration.stateDirectory)/\(gateway)", configuration.flowLog?.directory, "/proc",
                "/usr/share/zoneinfo", "/etc/localtime",
            ].compactMap(\.self))

        let log = Log(label: "api", threshold: Log.levelFromEnvironment)
        if landlock == 0 { log.notice("the kernel has no Landlock: only their permissions protect files") }
        let service = Service(
            inspector: inspector, history: history, client: GatewayClient(directory: run, isAPI: true),
            version: version, limits: settings.limits)
        let responder = Responder(
            routes: RouteTable(routes: service.routes), hosts: HostCheck(settings: settings),
            authorization: Authorization(tokens: tokens, isReadingOpen: settings.isLoopback),
            rate: RequestRate(perSecond: settings.limits.requestsPerSecond),
            requestBytes: settings.limits.requestBytes)
        let http = HTTPService(limits: settings.limits, tls: tls, responder: responder)
        Task {
            do {
                try await http.run(
                    listener: listener, group: MultiThreadedEventLoopGroup(numberOfThreads: Self.threads))
            } catch {
                log.error("the API can't be served", ["cause": "\(error)"])
            }
            log.output.flush()
            exit(EXIT_FAILURE)
        }
        dispatchMain()
    }
}

import Glibc
internal import Kernel
internal import Policy

/// Supervises the process that serves the HTTP API (API-1): starts it, restarts it when it ends, and checks what it asks for.
///
/// Nothing else depends on it.
final class APISupervision {
    /// What was prepared for a configuration, and is not in use yet.
    struct Prepared {
        var settings: APISettings
        var listener: APIListener
        var tokens: APITokens
        /// The bytes of certificate and key, because a file may get another content under the same name.
        var material: [[UInt8]]
        var stateFolder: String
        /// The directory of the flow log, which the API shows too; nil: there is none.
        var flowLogFolder: String?
    }

    private let directory: RunDirectory
    private let log: Log
    private var current: Prepared?
    private var process: APIServing?
    private var restartPause = RestartPause()
    private var nextStart: UInt64 = 0
    /// The present problem; nil: none.
    private(set) var problem: String?

    init(directory: RunDirectory, log: Log) {
        self.directory = directory
        self.log = log
    }

    var isWanted: Bool { current != nil }

    // MARK: Starting and changing

    /// Ends the process of a controller that has died: it serves the configuration that was in force then.
    func endPredecessor() {
        let path = directory.apiLockPath
        guard ProcessLock.isHeld(path: path), let holder = ProcessLock.holder(path: path),
            let identity = ProcessIdentity.current(holder)
        else { return }
        kill(holder, SIGTERM)
        for _ in 0..<100 where identity.isAlive { usleep(5_000) }
        if identity.isAlive { kill(holder, SIGKILL) }
        for _ in 0..<100 where identity.isAlive { usleep(5_000) }
    }

    /// Does what can still fail in a configuration that ``APIBinary/check(_:)`` has accepted: the port may be in use, or a token can't be
    /// made. It has no effect that a client could notice.
    ///
    /// - Returns: nil if no API is configured.
    func prepare(_ configuration: Configuration) throws(GatewayError) -> Prepared? {
        guard let settings = configuration.api else { return nil }
        var material: [[UInt8]] = []
        if let tls = settings.tls {
            material = [tls.certificate, tls.key].map { (try? FileStore.read($0)) ?? [] }
        }
        let folder = "\(configuration.stateDirectory)/\(configuration.gateway)"
        let tokens = try APITokens.make(in: folder)
        let inUse = current?.listener
        let listener =
            if let inUse, inUse.settings.listen == settings.listen { inUse } else { try APIListener(settings) }
        return Prepared(
            settings: settings, listener: listener, tokens: tokens, material: material, stateFolder: folder,
            flowLogFolder: configuration.flowLog?.directory)
    }

    /// Puts a prepared API into use. If nothing has changed, the process continues. A process gets its read permissions at its start.
    func use(_ prepared: Prepared?, now: UInt64) {
        let isSame =
            prepared?.settings == current?.settings && prepared?.tokens == current?.tokens
            && prepared?.material == current?.material && prepared?.stateFolder == current?.stateFolder
            && prepared?.flowLogFolder == current?.flowLogFolder
        current = prepared
        if let prepared { share(prepared) }
        if isSame, process?.ended() == nil { return }
        process?.end()
        process = nil
        problem = nil
        restartPause = RestartPause()
        nextStart = now
        tend(now: now)
    }

    /// Lets the process read what it shows: it belongs to no other group.
    private func share(_ prepared: Prepared) {
        guard geteuid() == 0 else { return }
        let group = Confinement.group
        SharedFolder.shareEntrance(directory.root, with: group)
        SharedFolder.share(directory.path, with: group)
        SharedFolder.share(prepared.stateFolder, with: group)
        if let flowLog = prepared.flowLogFolder { SharedFolder.shareTree(flowLog, with: group) }
    }

    // MARK: Supervision

    /// Starts the process if none runs. Call it once a second.
    func tend(now: UInt64) {
        guard let current else { return }
        if let process {
            guard let end = process.ended() else { return }
            self.process = nil
            let pause = restartPause.ended(afterNanoseconds: now - min(now, process.startedAt))
            nextStart = now + pause
            problem =
                "the process of the API ended (\(end)), and is started again in \(pause / 1_000_000_000) s: its last lines in the "
                + "log say why"
            log.error("the process of the API ended", ["how": end, "nextStartSeconds": "\(pause / 1_000_000_000)"])
        }
        guard now >= nextStart else { return }
        do throws(GatewayError) {
            process = try APIServing(
                gateway: directory.gateway, listener: current.listener.descriptor, now: now)
            log.notice("the API is served", ["at": current.settings.listen, "process": "\(process?.identifier ?? 0)"])
            problem = nil
        } catch {
            problem = "the process of the API can't be started: \(error)"
            nextStart = now + restartPause.ended(afterNanoseconds: 0)
        }
    }

    func stop() {
        process?.end()
        process = nil
        current = nil
    }

    // MARK: What it may ask for

    /// Why a request from the process of the API is refused; nil: it is not.
    ///
    /// The process has checked the token too, but only this check protects the gateway.
    func refusal(of request: ControlRequest) -> ControlResponse? {
        if request.command == .ping { return nil }
        guard let tokens = current?.tokens, let token = request.token, APITokens.areEqual(token, tokens.admin) else {
            return ControlResponse(
                ok: false, message: "a change by the API needs the admin token", refusal: .notPermitted)
        }
        guard request.command != .stop, request.binary == nil else {
            return ControlResponse(
                ok: false, message: "this can't be done by the API: run it as a command on the gateway",
                refusal: .notPermitted)
        }
        return nil
    }
}

/// The pause before a process that has ended is started again: it doubles each time that the process ended soon. Pure.
struct RestartPause {
    static let shortest: UInt64 = 1_000_000_000
    static let longest: UInt64 = 60_000_000_000
    /// If a process ran for this time, the next pause is the shortest one again.
    static let lasting: UInt64 = 60_000_000_000

    private var next = RestartPause.shortest

    /// The process has ended, or could not be started.
    ///
    /// - Parameter ran: how long it ran; nanoseconds.
    /// - Returns: nanoseconds to wait.
    mutating func ended(afterNanoseconds ran: UInt64) -> UInt64 {
        if ran >= Self.lasting { next = Self.shortest }
        defer { next = min(next * 2, Self.longest) }
        return next
    }
}

import Glibc
internal import Kernel
internal import Policy

/// Looks after the process that serves the HTTP API (API-1): starts it, starts it again when it ends, and judges what it asks for.
///
/// Nothing else depends on it.
final class APISupervision {
    /// What was made ready for a configuration, and is not in use yet.
    struct Prepared {
        var settings: APISettings
        var listener: APIListener
        var tokens: APITokens
        /// Bytes of certificate and key: another certificate may come under the same name.
        var material: [[UInt8]]
        var stateFolder: String
        /// Of the flow log, which it shows, too; nil: there is none.
        var flowLogFolder: String?
    }

    private let directory: RunDirectory
    private let log: Log
    private var current: Prepared?
    private var process: APIServing?
    private var restartPause = RestartPause()
    private var nextStart: UInt64 = 0
    /// What is wrong at the moment; nil: nothing.
    private(set) var problem: String?

    init(directory: RunDirectory, log: Log) {
        self.directory = directory
        self.log = log
    }

    var isWanted: Bool { current != nil }

    // MARK: Starting and changing

    /// The process of a controller that has died: it serves what was in force then.
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

    /// What of a configuration can still fail when ``APIBinary/check(_:)`` has found nothing, and nothing that anybody would notice: a port
    /// that is taken, a token that can't be made.
    ///
    /// - Returns: nil where no API is wanted.
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

    /// Puts into use what was made ready; a process goes on where nothing of it has changed. What it may read is decided at its start.
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

    /// Lets the process read what it shows: it is in no other group.
    private func share(_ prepared: Prepared) {
        guard geteuid() == 0 else { return }
        let group = Confinement.group
        SharedFolder.shareEntrance(directory.root, with: group)
        SharedFolder.share(directory.path, with: group)
        SharedFolder.share(prepared.stateFolder, with: group)
        if let flowLog = prepared.flowLogFolder { SharedFolder.shareTree(flowLog, with: group) }
    }

    // MARK: Looking after it

    /// To be called once a second: starts the process where there is none.
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

    /// Why a request that came from the process of the API is refused; nil: it is not.
    ///
    /// The process has looked at the token, too; this is where it counts.
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

/// How long to wait before a process that has ended is started again: twice as long each time that it did not last. Pure.
struct RestartPause {
    static let shortest: UInt64 = 1_000_000_000
    static let longest: UInt64 = 60_000_000_000
    /// A process that has run for so long has proved itself.
    static let lasting: UInt64 = 60_000_000_000

    private var next = RestartPause.shortest

    /// The process has ended, or could not be started.
    ///
    /// - Parameter ran: for how long it ran; nanoseconds.
    /// - Returns: nanoseconds to wait.
    mutating func ended(afterNanoseconds ran: UInt64) -> UInt64 {
        if ran >= Self.lasting { next = Self.shortest }
        defer { next = min(next * 2, Self.longest) }
        return next
    }
}

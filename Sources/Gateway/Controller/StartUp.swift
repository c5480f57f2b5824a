internal import Fleet
internal import FlowLayout
import Glibc
internal import Kernel
internal import Policy
internal import Store

/// Starts a gateway, fail closed at every step (BAD-5): the guard is installed first and removed last. If a step fails, the steps
/// before it are undone (BAD-6). What an earlier controller left in the kernel is not changed then.
struct StartUp {
    let source: ConfigurationSource
    let directory: RunDirectory
    let log: Log
    let version: BinaryVersion?
    private var undo = UndoStack()

    private var configuration: Configuration { source.configuration }

    init(source: ConfigurationSource, directory: RunDirectory, log: Log, version: BinaryVersion? = nil) {
        self.source = source
        self.directory = directory
        self.log = log
        self.version = version
    }

    /// Starts the gateway of a file, or takes it over. If the file can't be applied to a gateway that is in the kernel, the gateway
    /// continues with the configuration in force (PKG-3), and `sluice status` says why: a mistake in a file does not leave a forwarding
    /// gateway without a controller.
    static func run(
        configurationPath: String, root: String, log: Log, version: BinaryVersion?
    ) throws(GatewayError) -> RunningGateway {
        let (source, refusal) = try ConfigurationSource.forStart(path: configurationPath, root: root)
        let directory = RunDirectory(gateway: source.configuration.gateway, root: root)
        var startUp = StartUp(source: source, directory: directory, log: log, version: version)
        do throws(GatewayError) {
            let gateway = try startUp.run()
            if let refusal { gateway.reportRefusedFile(refusal) }
            return gateway
        } catch {
            guard let inForce = ConfigurationSource.inForce(directory, path: configurationPath),
                inForce.bytes != source.bytes
            else { throw error }
            log.error(
                "the file can't be applied; what is in force stays", ["file": source.path, "cause": "\(error)"])
            startUp = StartUp(source: inForce, directory: directory, log: log, version: version)
            let gateway: RunningGateway
            // If both fail in the same way, the file is not the cause: the first error names the cause.
            do throws(GatewayError) { gateway = try startUp.run() } catch _ { throw error }
            gateway.reportRefusedFile("\(error)")
            return gateway
        }
    }

    private mutating func run() throws(GatewayError) -> RunningGateway {
        do {
            let gateway = try bringUp()
            undo.commit()
            return gateway
        } catch {
            var message = "\(error)"
            for failure in undo.unwind() { message += "\n\(failure)" }
            throw GatewayError(message)
        }
    }

    private mutating func bringUp() throws -> RunningGateway {
        for notice in configuration.notices { log.notice(notice) }
        try checkPrivileges()
        let interfaces = try findInterfaces()
        try checkDirectories()
        let apiProblem = try Self.tolerating(Datapath.exists(gateway: configuration.gateway)) {
            () throws(GatewayError) in try APIBinary.check(configuration)
        }
        let lock = try takeLock()
        try BPFFileSystem.ensureMounted()
        if let problem = DirectoryCheck.pins(of: configuration.gateway).compactMap(\.problem).first {
            throw GatewayError("\(problem)")
        }
        try TakeoverCheck.requireLayout(gateway: configuration.gateway, directory: directory)
        let history = try History(
            gateway: configuration.gateway, stateDirectory: configuration.stateDirectory,
            now: WallTimeSource.nanoseconds())
        let api = APISupervision(directory: directory, log: log)
        api.endPredecessor()
        let isTakeover = Datapath.exists(gateway: configuration.gateway)
        var preparedAPI: APISupervision.Prepared?
        var mayServeAPILater = false
        if apiProblem == nil {
            mayServeAPILater =
                try Self.tolerating(isTakeover) { () throws(GatewayError) in
                    preparedAPI = try api.prepare(configuration)
                } != nil
        }
        let predecessor = try directory.read(ControllerRecord.self, from: directory.controllerPath)
        let before = predecessor.flatMap { isTakeover ? $0.forwardingBefore : nil }
        let existing = isTakeover ? try openDatapath() : nil
        if !isTakeover { try checkNoInstance() }
        step("guarding the interfaces")
        try installGuard(earlier: predecessor.map { $0.interfaces.keys.sorted() } ?? [])
        step(isTakeover ? "taking over" : "loading the kernel program")
        let datapath = try existing ?? loadDatapath()
        let outlet = try InjectorOutlet(datapath: datapath)
        step("compiling the rules")
        let policy = try PolicyChange(
            to: configuration, datapath: datapath, directory: directory, isNew: !isTakeover)
        try policy.prepare()
        try policy.persist(to: directory)
        // A new datapath gets its policy before the first packet. A datapath in use keeps its policy until every step that can fail is done.
        if !isTakeover { policy.apply() }
        // Before the first packet.
        datapath.set(leavesToKernel: try SecurityPolicies.arePresent())
        let attached = try attach(interfaces, datapath, zones: policy.zones)
        let forwardingBefore = try enableForwarding(before: before)
        let server = try ControlServer(path: directory.controlSocketPath)
        undo.did("the control socket") { server.remove() }
        try replace(directory.configurationPath, with: source.bytes)
        let record = ControllerRecord(
            gateway: configuration.gateway, processIdentifier: getpid(), configurationFile: source.path,
            interfaces: attached.mapValues(\.index), forwardingBefore: forwardingBefore,
            startedAt: Self.wallClockSeconds(), version: version)
        try directory.write(record, to: directory.controllerPath)
        let (fleet, directives) = makeFleet(datapath, history, isTakeover: isTakeover)
        let gateway = RunningGateway(
            directory: directory, lock: lock, log: log, datapath: datapath, outlet: outlet,
            journal: LogJournal(log: log), server: server, history: history, fleet: fleet, waker: try LoopWaker(),
            source: source, policy: policy, record: record, attached: attached, api: api)
        fleet.surroundings = gateway
        gateway.recordEvent(
            isTakeover
                ? .tookOver(
                    rules: configuration.rules.count, predecessor: predecessor?.processIdentifier,
                    version: version?.description, predecessorVersion: predecessor?.version?.description)
                : .started(
                    zones: configuration.zones.count, rules: configuration.rules.count,
                    capacitySessions: datapath.table.slotCount))
        gateway.checkFlowLog()
        undo.did("the instances") { fleet.shutDown(patienceNanoseconds: RunningGateway.instancePatienceNanoseconds) }
        step("starting the instances")
        try awaitInstances(fleet, directives, isTakeover: isTakeover)
        if isTakeover {
            policy.apply()
            // The loop does not run yet.
            usleep(UInt32(PolicyChange.graceNanoseconds / 1000))
            gateway.detachLeftovers(of: predecessor)
            gateway.endDenied { [log] ended, _ in
                log.notice("took over what an earlier controller left", ["sessionsDenied": "\(ended)"])
            }
        }
        gateway.watchRouting()
        gateway.watchSecurityPolicies()
        gateway.tendHistory()
        gateway.beginAPI(preparedAPI)
        if let apiProblem {
            gateway.report("api", "the API is not served: \(apiProblem)", next: "correct that, then: sluice reload")
        }
        if mayServeAPILater { gateway.tryAPI(now: MonotonicClock.nanoseconds()) }
        return gateway
    }

    /// Checks the API. A forwarding gateway is taken over even if its API can't be served (PKG-3): for example if a package is missing or
    /// a certificate has expired. A first start fails.
    ///
    /// - Returns: what is wrong; nil: nothing.
    private static func tolerating(
        _ isTakeover: Bool, _ body: () throws(GatewayError) -> Void
    ) throws(GatewayError) -> String? {
        do throws(GatewayError) {
            try body()
            return nil
        } catch {
            guard isTakeover else { throw error }
            return "\(error)"
        }
    }

    /// Reports to the service manager that the start continues: on a slow machine it takes longer than the manager's timeout.
    private func step(_ name: String) { ServiceNotification.send(ServiceNotices.starting(name)) }

    private func makeFleet(
        _ datapath: Datapath, _ history: History, isTakeover: Bool
    ) -> (FleetShell, [FleetDirective]) {
        let (machine, directives) = FleetMachine.restore(
            settings: Fleet.FleetSettings(configuration),
            snapshot: history.state(FleetShell.stateKey, as: FleetSnapshot.self),
            observed: FleetObservation.observe(datapath, directory), zones: TimeZoneOffsets.seconds,
            now: MonotonicClock.nanoseconds())
        let fleet = FleetShell(
            gateway: configuration.gateway, directory: directory, datapath: datapath, log: log, machine: machine)
        fleet.programIsOutdated =
            isTakeover && history.state(ProgramReplacement.programKey, as: String.self) != ProgramFile.own?.description
        if !isTakeover { ProgramReplacement.remember(in: history) }
        fleet.replacement.order = history.state(ProgramReplacement.stateKey, as: ProgramReplacement.Order.self)
        return (fleet, directives)
    }

    /// Executes the directives of the fleet's machine. A new gateway is ready when its minimum number of instances serve. If only some of
    /// them serve in time, it begins with those.
    private func awaitInstances(
        _ fleet: FleetShell, _ directives: [FleetDirective], isTakeover: Bool
    ) throws(GatewayError) {
        fleet.begin(directives)
        let deadline = MonotonicClock.nanoseconds() + RunningGateway.firstInstancePatienceNanoseconds
        var serving = 0
        while !isTakeover {
            serving = fleet.machine.view.instances.count { $0.state == .serving }
            let now = MonotonicClock.nanoseconds()
            if serving >= fleet.machine.view.capacity.minimum || now >= deadline { break }
            fleet.iterate(now: now)
            usleep(5_000)
        }
        guard isTakeover || serving > 0 else {
            throw GatewayError(
                "no instance of gateway \(configuration.gateway) began to serve within "
                    + "\(RunningGateway.firstInstancePatienceNanoseconds / 1_000_000_000) s: the lines above say why")
        }
    }

    /// Checks what can be known to be impossible for the gateway in the kernel; for `sluice run --check-takeover`.
    func checkTakeover() throws {
        _ = try findInterfaces()
        try checkDirectories()
        _ = try openDatapath()
    }

    /// Finds the zones' interfaces, before anything is changed. A gateway that is taken over with its configuration in force continues
    /// without an interface that is gone, as before: `sluice status` reports it, and the controller attaches to it when it is back.
    private func findInterfaces() throws(KernelError) -> [(zone: Zone, interface: NetworkInterface)] {
        let isInForce = ConfigurationSource.inForce(directory, path: source.path)?.bytes == source.bytes
        var result: [(Zone, NetworkInterface)] = []
        for zone in configuration.zones {
            for name in zone.interfaces {
                do throws(KernelError) {
                    result.append((zone, try NetworkInterface.find(name)))
                } catch {
                    guard isInForce else { throw error }
                }
            }
        }
        return result
    }

    /// Checks the capabilities. What this process can't do now, it could not undo at the stop either.
    private func checkPrivileges() throws {
        let missing = Capability.missing().map(\.name)
        guard missing.isEmpty else {
            throw GatewayError(
                "sluice run lacks \(missing.joined(separator: ", ")): \(Capability.remedy)")
        }
        try Capability.handOn()
    }

    private func checkDirectories() throws(GatewayError) {
        let run = [DirectoryCheck(directory.root), DirectoryCheck(directory.path, isGateway: true)]
        let state = [
            DirectoryCheck(configuration.stateDirectory),
            DirectoryCheck(
                HistoryPath.folder(gateway: configuration.gateway, in: configuration.stateDirectory), isGateway: true),
        ]
        // A gateway runs without its state directory if the disk fails; but not if the operator has to prepare the directory.
        let problems = run.compactMap(\.problem) + state.compactMap(\.problem).filter(\.isDenied)
        if let problem = problems.first { throw GatewayError("\(problem)") }
    }

    private mutating func takeLock() throws -> ProcessLock {
        let directory = directory
        let isNew = access(directory.path, F_OK) != 0
        try directory.create()
        do throws(ProcessLock.Failure) {
            let lock = try ProcessLock(path: directory.lockPath)
            if isNew { undo.did("the run directory") { directory.remove() } }
            return lock
        } catch {
            switch error {
            case .system(let error): throw error
            case .held(let holder):
                let process = holder.map { "process \($0)" } ?? "another process"
                throw GatewayError(
                    "gateway \(configuration.gateway) is running already: \(process) holds \(directory.lockPath); "
                        + "stop it first, or give the new one another name with 'gateway:' in \(source.path)")
            }
        }
    }

    /// - Parameter earlier: interfaces of an earlier controller. They are guarded until they are detached.
    private mutating func installGuard(earlier: [String]) throws {
        let gateway = configuration.gateway
        let wasThere = Guard.isInstalled(gateway: gateway)
        let interfaces = Set(configuration.zones.flatMap(\.interfaces) + earlier).sorted()
        try Guard.install(gateway: gateway, interfaces: interfaces)
        // The guard is removed last, and only if forwarding is as it was: the undo step before it restores that.
        if !wasThere {
            undo.did("the guard") { try Guard.remove(gateway: gateway) }
        } else if !earlier.isEmpty {
            undo.did("the guard") { try Guard.install(gateway: gateway, interfaces: earlier) }
        }
    }

    /// Checks that no instance lives while the datapath is not visible from here: its pins would be in another mount namespace.
    private func checkNoInstance() throws(GatewayError) {
        let paths = FleetMachine.identifiers.map(directory.instanceLockPath)
        guard let path = paths.first(where: { ProcessLock.isHeld(path: $0) }) else { return }
        let process = ProcessLock.holder(path: path).map { "process \($0)" } ?? "a process"
        throw GatewayError(
            "gateway \(configuration.gateway) has a living instance (\(process)), but its datapath is not pinned in "
                + "\(BPFFileSystem.path) of this mount namespace: run sluice in the mount namespace where it was started, "
                + "and use 'nsenter --net=/run/netns/NAME' instead of 'ip netns exec'; or end that process first")
    }

    private mutating func loadDatapath() throws(KernelError) -> Datapath {
        let datapath = try Datapath.load(
            gateway: configuration.gateway, capacitySessions: configuration.capacitySessions)
        undo.did("the datapath") { try datapath.unpin() }
        return datapath
    }

    /// Opens the datapath that an earlier controller left.
    private func openDatapath() throws -> Datapath {
        let gateway = configuration.gateway
        let datapath = try Datapath.open(gateway: gateway)
        let plan = try SlabPlan(capacitySessions: configuration.capacitySessions)
        guard plan.slotCount == datapath.table.slotCount else {
            throw GatewayError(
                "capacity.sessions: gateway \(gateway) is in the kernel with room for \(datapath.table.slotCount) sessions, and "
                    + "\(source.path) asks for \(configuration.capacitySessions): write \(datapath.table.slotCount), or run it "
                    + "with that first, stop it, and start it with the new value; that ends its sessions")
        }
        return datapath
    }

    private mutating func attach(
        _ interfaces: [(zone: Zone, interface: NetworkInterface)], _ datapath: Datapath, zones: ZoneIdentities
    ) throws -> [String: NetworkInterface] {
        let attachment = ZoneAttachment(datapath: datapath, vethShortcut: configuration.vethShortcut)
        var attached: [String: NetworkInterface] = [:]
        for (zone, interface) in interfaces {
            let wasAttached = datapath.isAttached(interfaceIndex: interface.index)
            try attachment.attach(interface, zone: zones.identity(of: zone.name) ?? 0)
            if !wasAttached {
                undo.did("attaching to \(interface.name)") { try attachment.detach(index: interface.index) }
            }
            attached[interface.name] = interface
        }
        return attached
    }

    private mutating func enableForwarding(before known: Forwarding?) throws -> Forwarding {
        let now = try Forwarding.enable()
        undo.did("IP forwarding") { try now.restore() }
        return known ?? now
    }

    /// Replaces a file. Its undo step restores the earlier content.
    private mutating func replace(_ path: String, with bytes: [UInt8]) throws {
        let before = try FileStore.read(path)
        try FileStore.replace(path, with: bytes)
        guard let before else { return }
        undo.did("writing \(path)") { try FileStore.replace(path, with: before) }
    }

    private static func wallClockSeconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec)
    }
}

import FlowLayout
import Gateway
import Glibc
import Inspection
import Kernel
import Lab
import Store
import Synchronization

/// What the acts about the fleet run on: a lab, a gateway in it whose controller may be killed, and queries to both.
final class FleetStage: Sendable {
    let lab: Lab
    let narrator: Narrator
    let configuration: String
    /// The halves of a drain in force, in seconds.
    let refuseSeconds: Double
    let resetSeconds: Double
    let timeScale: Double
    /// Connections of each kind in a set of long-running sessions.
    let load: LongSessions.Load
    private let gateway: Mutex<LabGateway>

    /// Pause between two polls during a wait.
    static let pollInterval = Duration.milliseconds(40)
    /// Additional time that a slow or busy machine may need.
    static let latenessSeconds = 1.0 * Patience.factor

    init(
        lab: Lab, narrator: Narrator, gateway: LabGateway, configuration: String, timeScale: Int,
        load: LongSessions.Load
    ) {
        self.lab = lab
        self.narrator = narrator
        self.configuration = configuration
        self.timeScale = Double(timeScale)
        self.load = load
        self.gateway = Mutex(gateway)
        // The documented 45 s and 45 s.
        refuseSeconds = 45 / Double(timeScale)
        resetSeconds = 45 / Double(timeScale)
    }

    func say(_ line: String) async { await narrator.say("\(line)") }

    // MARK: - Queries

    func fleet() throws -> FleetStatus { try GatewayInspector(gateway: lab.name).fleet() }

    /// How many live instances the kernel program assigns new sessions to.
    func servingNow() throws -> Int {
        let datapath = try Datapath.open(gateway: lab.name)
        let mask = sluice_load64(&datapath.table.runtime.pointee.servingInstances)
        return (0..<64).count { number in
            guard mask >> UInt64(number) & 1 == 1 else { return false }
            let process = sluice_load32(&datapath.table.instances[number].processIdentifier)
            return process > 0 && kill(pid_t(bitPattern: process), 0) == 0
        }
    }

    /// Waits until the fleet meets a condition.
    @discardableResult
    func waitFor(
        _ what: String, within limit: Duration, _ condition: (FleetStatus) throws -> Bool
    ) async throws -> FleetStatus {
        var last: FleetStatus?
        let holds = try await eventually(within: limit, every: Self.pollInterval) {
            let status = try fleet()
            last = status
            return try condition(status)
        }
        guard holds, let last else {
            let states = (last?.instances ?? []).map { "\($0.identifier) \($0.state)" }.joined(separator: ", ")
            throw DemoError.timedOut(what: what, seen: states)
        }
        return last
    }

    /// Identifies a session of the client's host. The client's port alone is not enough, because it can be used again for
    /// another server.
    struct Ports: Hashable, Sendable {
        let client: Int
        let server: Int

        init(client: Int, server: Int) {
            self.client = client
            self.server = server
        }

        init(_ connection: LongSessions.Connection) {
            self.init(client: connection.clientPort, server: connection.group.port)
        }
    }

    /// The current TCP sessions.
    func sessions() throws -> [Ports: SessionView] {
        let views = try GatewayInspector(gateway: lab.name).sessions(SessionFilter())
        return Dictionary(
            views.filter { $0.protocol == "tcp" }.map { view in
                (Ports(client: Int(view.source.port), server: Int(view.destination.port)), view)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The owner of each connection's session.
    func owners(of sessions: LongSessions) throws -> [LongSessions.Connection: Int] {
        let views = try self.sessions()
        return Dictionary(
            uniqueKeysWithValues: sessions.connections.compactMap { connection in
                views[Ports(connection)].map { (connection, Int($0.instance)) }
            })
    }

    /// When an event of an instance happened, in seconds since 1970; nil: it did not happen since `since`.
    func time(of kind: String, instance: Int, since: Double) throws -> Double? {
        let reader = try HistoryLocation.find(gateway: lab.name, stateDirectory: nil).open()
        let filter = HistoryFilter(
            since: UInt64(since * 1e9), kinds: [kind], subjects: ["instance \(instance)"])
        return try reader.events(filter).first.map { Double($0.time) / 1e9 }
    }

    /// Opens a set of long-running sessions. Their servers listen on ports from `firstPort` on.
    func open(_ load: LongSessions.Load? = nil, firstPort: Int) async throws -> LongSessions {
        try await LongSessions.open(in: lab, load ?? self.load, firstPort: firstPort)
    }

    /// Starts a capture of the RSTs that arrive at the hosts of the lab; nil: tcpdump is not installed.
    func watchResets() async throws -> ResetWatch? { try await ResetWatch.begin(in: lab) }

    // MARK: - Actions

    /// Sends a request to the controller, as the command of that name does.
    @discardableResult
    func ask(_ request: ControlRequest) throws -> String { try GatewayClient(gateway: lab.name).ask(request).message }

    /// `sluice fleet scale`. Waits until this number of instances serve.
    func scale(to instances: Int) async throws {
        var request = ControlRequest(.fleetScale)
        request.instances = instances
        try ask(request)
        try await waitFor("\(instances) instances to serve", within: .seconds(20)) { $0.serving == instances }
    }

    /// `kill -9` of the controller only.
    func killController() async {
        let controller = gateway.withLock { $0.process }
        controller.send(signal: SIGKILL)
        _ = await controller.waitForExit(within: .seconds(5))
    }

    /// `sluice run` again, which takes over from the killed controller.
    func startController() async throws {
        let successor = try await lab.startGateway(configuration: configuration)
        gateway.withLock { $0 = successor }
    }

    /// The output of the current controller.
    var log: String { gateway.withLock { $0.process.allOutput } }

    /// A measured time, converted to the profile's durations: 6 s with a time scale of 15 are 90 s.
    func profileText(_ seconds: Double) -> String {
        HumanText.decimal(seconds * timeScale, places: 1, keepsZeros: true) + " s"
    }

    /// Seconds since 1970.
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    static func sleep(_ seconds: Double) async throws {
        if seconds > 0 { try await Task.sleep(for: .seconds(seconds)) }
    }
}

extension FleetStatus {
    func instance(_ identifier: Int) -> InstanceStatus? { instances.first { $0.identifier == identifier } }

    /// The processes of serving instances.
    var servingProcesses: Set<Int32> {
        Set(instances.filter { $0.state == "serving" && $0.running }.map(\.processIdentifier))
    }
}

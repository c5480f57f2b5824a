internal import Fleet
internal import Kernel
internal import Policy
internal import Store

/// A gateway that forwards, in the hands of its controller. What it does is in the files beside this one.
final class RunningGateway {
    let directory: RunDirectory
    let lock: ProcessLock
    let log: Log
    let datapath: Datapath
    let outlet: any SegmentOutlet
    let journal: any SessionJournal
    let server: ControlServer
    var endTally: EndTally
    var source: ConfigurationSource
    var policy: PolicyChange
    var record: ControllerRecord
    /// The interfaces that we are attached to, by name, as last seen.
    var attached: [String: NetworkInterface]
    let history: History
    let fleet: FleetShell
    let api: APISupervision
    /// What was last seen in the network namespace, for readers who may not look there.
    var networkNote: NetworkNote?
    /// Nil where it can't be had: then next hops are never cached by destination.
    let routingSocket: RoutingSocket?
    var routing = SourceRouting()
    /// Nil where the kernel has no IPsec, or it can't be had.
    let securityPolicies: SecurityPolicies?
    /// Who asked the fleet for something, and waits for the answer.
    var waiting: [(command: FleetCommand, number: Int)] = []
    /// What it answered while it was asked.
    var answered: [(command: FleetCommand, response: ControlResponse)] = []
    /// By which threads that work for the loop wake it.
    let waker: LoopWaker
    var reloading = Reloading()
    var guardKeeping = GuardKeeping()
    /// How long the loop's turns take.
    var turns = TurnAccounting()
    /// What is being done to many sessions, in order.
    var jobs: [SessionJob] = []
    /// What is reported to the service manager.
    var notices = ServiceNotices.ofThisProcess()
    /// What packets have met in the last minute.
    var traffic = TrafficSamples()
    /// What is wrong at the moment, by what it is about.
    var problems: [String: String] = [:]
    var shallStop = false
    /// Why it stops, for the history.
    var stopCause = "asked for"

    var configuration: Configuration { source.configuration }
    var attachment: ZoneAttachment { ZoneAttachment(datapath: datapath, vethShortcut: configuration.vethShortcut) }
    init(
        directory: RunDirectory, lock: ProcessLock, log: Log, datapath: Datapath, outlet: any SegmentOutlet,
        journal: any SessionJournal, server: ControlServer, history: History, fleet: FleetShell, waker: LoopWaker,
        source: ConfigurationSource, policy: PolicyChange,
        record: ControllerRecord, attached: [String: NetworkInterface], api: APISupervision
    ) {
        self.directory = directory
        self.lock = lock
        self.log = log
        self.datapath = datapath
        self.outlet = outlet
        self.journal = journal
        self.server = server
        self.history = history
        self.fleet = fleet
        self.waker = waker
        endTally = EndTally(counts: datapath.sessionTallies.endsByName, now: WallTimeSource.nanoseconds())
        self.source = source
        self.policy = policy
        self.record = record
        self.attached = attached
        self.api = api
        do throws(KernelError) {
            routingSocket = try RoutingSocket.listening()
        } catch {
            routingSocket = nil
            log.error("changes of routing can't be heard of", ["cause": "\(error)"])
        }
        do throws(KernelError) {
            securityPolicies = try SecurityPolicies.listening()
        } catch {
            securityPolicies = nil
            log.error("changes of IPsec policies are heard of once a second only", ["cause": "\(error)"])
        }
    }

    /// Records what is wrong, or (nil) that it is right again, for `sluice status` and the history, and logs the change.
    ///
    /// - Parameter next: what to write or run to mend it; nil: correct the configuration, and have it read again.
    func report(_ subject: String, _ problem: String?, next: String? = nil) {
        let text = problem.map { ProblemText.join($0, next: next) }
        guard problems[subject] != text else { return }
        problems[subject] = text
        if let problem {
            log.error(problem, ["about": subject])
            tell(.problemBegan(subject: subject, problem: problem))
        } else {
            log.notice("all is well again", ["about": subject])
            tell(.problemEnded(subject: subject))
        }
        saveRecord()
    }

    /// Writes `controller.json`.
    func saveRecord() {
        record.interfaces = attached.mapValues(\.index)
        record.problems = problems.sorted { $0.key < $1.key }.map(\.value)
        do throws(SystemError) {
            try directory.write(record, to: directory.controllerPath)
        } catch {
            log.error("the controller's record can't be written", ["cause": "\(error)"])
        }
    }
}

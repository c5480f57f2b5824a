internal import Fleet
internal import Kernel
internal import Policy
internal import Store

/// A gateway that forwards, as its controller holds it. Its work is in the extensions beside this file.
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
    /// The attached interfaces by name, as last seen.
    var attached: [String: NetworkInterface]
    let history: History
    let fleet: FleetShell
    let api: APISupervision
    /// The last known state of the network namespace, for readers that may not enter it.
    var networkNote: NetworkNote?
    /// When to try again to serve the API, CLOCK_MONOTONIC nanoseconds; nil: it is served, or another try would not help.
    var nextAPITry: UInt64?
    /// Nil if it can't be opened: then next hops are never cached by destination.
    let routingSocket: RoutingSocket?
    var routing = SourceRouting()
    /// Nil if the kernel has no IPsec, or the socket can't be opened.
    let securityPolicies: SecurityPolicies?
    /// Requests to the fleet that wait for an answer.
    var waiting: [(command: FleetCommand, number: Int)] = []
    /// Answers that the fleet gave while it handled the request.
    var answered: [(command: FleetCommand, response: ControlResponse)] = []
    /// Wakes the loop; for threads that work for it.
    let waker: LoopWaker
    var reloading = Reloading()
    var guardKeeping = GuardKeeping()
    /// How long the iterations of the loop take.
    var iterations = IterationAccounting()
    /// Work on many sessions, in order.
    var jobs: [SessionJob] = []
    /// The state that is reported to the service manager.
    var notices = ServiceNotices.ofThisProcess()
    /// Samples of the traffic counters of the last minute.
    var traffic = TrafficSamples()
    /// Present problems, by subject.
    var problems: [String: String] = [:]
    var shallStop = false
    /// Why the gateway stops, for the history.
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
            log.error("changes of routing can't be received", ["cause": "\(error)"])
        }
        do throws(KernelError) {
            securityPolicies = try SecurityPolicies.listening()
        } catch {
            securityPolicies = nil
            log.error("changes of IPsec policies are noticed only once a second", ["cause": "\(error)"])
        }
    }

    /// Records what is wrong, or (nil) that it is right again. `sluice status` and the history show it, and the log gets the change.
    ///
    /// - Parameter next: what to write or run to correct it; nil: correct the configuration, and reload it.
    func report(_ subject: String, _ problem: String?, next: String? = nil) {
        let text = problem.map { ProblemText.join($0, next: next) }
        guard problems[subject] != text else { return }
        problems[subject] = text
        if let problem {
            log.error(problem, ["about": subject])
            recordEvent(.problemBegan(subject: subject, problem: problem))
        } else {
            log.notice("the problem is over", ["about": subject])
            recordEvent(.problemEnded(subject: subject))
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

internal import FlowLayout
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
    let history: History
    var endTally: EndTally
    var source: ConfigurationSource
    var policy: PolicyChange
    var record: ControllerRecord
    /// The interfaces that we are attached to, by name, as last seen.
    var attached: [String: NetworkInterface]
    var supervision = InstanceSupervision()
    var instance: InstanceProcessHandle?
    /// What is wrong at the moment, by what it is about.
    var problems: [String: String] = [:]
    var shallStop = false
    /// Why it stops, for the history.
    var stopCause = "asked for"

    var configuration: Configuration { source.configuration }
    var attachment: ZoneAttachment { ZoneAttachment(datapath: datapath, vethShortcut: configuration.vethShortcut) }
    /// One instance serves the whole gateway, until there is a fleet.
    var instanceIdentifier: UInt16 { Datapath.firstInstance }
    var instanceRecord: UnsafeMutablePointer<sluice_instance> { datapath.instances + Int(instanceIdentifier) }

    init(
        directory: RunDirectory, lock: ProcessLock, log: Log, datapath: Datapath, outlet: any SegmentOutlet,
        journal: any SessionJournal, server: ControlServer, history: History, source: ConfigurationSource,
        policy: PolicyChange,
        record: ControllerRecord, attached: [String: NetworkInterface]
    ) {
        self.directory = directory
        self.lock = lock
        self.log = log
        self.datapath = datapath
        self.outlet = outlet
        self.journal = journal
        self.server = server
        self.history = history
        endTally = EndTally(counts: EndCountFile.total(in: directory), now: WallTimeSource.nanoseconds())
        self.source = source
        self.policy = policy
        self.record = record
        self.attached = attached
    }

    /// Notes what is wrong, or (nil) that it is right again, where `sluice status` finds it; tells the log once.
    func report(_ subject: String, _ problem: String?) {
        guard problems[subject] != problem else { return }
        problems[subject] = problem
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

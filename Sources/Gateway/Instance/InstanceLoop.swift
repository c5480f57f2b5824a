internal import FlowCore
internal import FlowLayout
internal import FlowLog
import Glibc
internal import Kernel

/// The loop of an instance. It waits for events, a signal or the next pass, and does a limited part of the work in between, so that its
/// heartbeat continues however much there is to do.
final class InstanceLoop {
    /// The pause between the two checks for leaked slots.
    private static let recoveryPauseNanoseconds: UInt64 = 100_000_000
    /// An iteration always ends far sooner than this, whatever there is to do.
    private static let toleratedNanoseconds: UInt64 = 1_000_000_000
    /// Time that one iteration spends on queued work.
    private static let pieceNanoseconds: UInt64 = 20_000_000

    /// The interval of counting all sessions, for metrics.
    private static let countPauseNanoseconds: UInt64 = 5_000_000_000

    /// The pause between two iterations of a drain with work to do, or of an instance that waits for slabs.
    private static let drainPauseNanoseconds: UInt64 = 10_000_000

    private let datapath: Datapath
    private let machine: AgeingMachine<KernelFlowTable>
    private let events: EventRing
    private let consumption: EventConsumption
    private let heartbeat: Heartbeat
    private let signals: SignalPipe
    private let log: Log
    private let settings: () -> InstanceSettings
    private let directory: RunDirectory
    private var flowLogPlan: FlowLogPlan?
    private var flowLogging: FlowLogging?
    private var nextPass: UInt64 = 0
    private var nextCount: UInt64 = 0
    private var recoveryEnds: UInt64?

    /// - Parameter settings: reads the settings that the controller wrote last.
    init(
        identifier: UInt16, datapath: Datapath, directory: RunDirectory, signals: SignalPipe, log: Log,
        settings: @escaping () -> InstanceSettings
    ) throws(KernelError) {
        let table = datapath.table.seen(by: identifier)
        self.datapath = datapath
        self.directory = directory
        self.settings = settings
        self.signals = signals
        self.log = log
        machine = AgeingMachine(
            table: table, flows: KernelFlowTable(datapath: datapath), outlet: try InjectorOutlet(datapath: datapath),
            journal: LogJournal(log: log), probeIntervalTicks: settings().probeIntervalTicks)
        events = try EventRing(datapath: datapath, instance: identifier)
        consumption = EventConsumption(log: log)
        heartbeat = Heartbeat(record: table.instance)
    }

    /// Runs until SIGTERM or SIGINT. These do not change any session.
    func run() {
        var now = MonotonicClock.nanoseconds()
        updateFlowLogging(settings().flowLog, isStart: true)
        machine.beginRecovery(now: Tick.of(nanoseconds: now))
        recoveryEnds = now + Self.recoveryPauseNanoseconds
        heartbeat.begin(processIdentifier: getpid(), now: now)
        log.info("instance serves", ["sessions": "\(machine.freeSlots.occupied)"])
        var isBusy = true
        while true {
            wait(untilPassFrom: now, isBusy: isBusy)
            let arrived = signals.take()
            if arrived.contains(where: { $0 == SIGTERM || $0 == SIGINT }) { break }
            if arrived.contains(SIGHUP) {
                let settings = settings()
                machine.probeIntervalTicks = settings.probeIntervalTicks
                updateFlowLogging(settings.flowLog)
            }
            now = noticeAbsence(before: now)
            flowLogging?.iterate()
            events.drain {
                consumption.take($0)
                flowLogging?.take($0)
            }
            heartbeat.beat(now: now)
            recover(now: now)
            let isPass = now >= nextPass
            if isPass { pass(now: now) }
            if now >= nextCount { count(now: now) }
            let drain = machine.drain(now: now, isPass: isPass)
            if drain == .busy { nextPass = min(nextPass, now + Self.drainPauseNanoseconds) }
            isBusy = workOff()
            flowLogging?.finishIteration(now: now)
        }
        flowLogging?.stop(withGateway: settings().gatewayStops == true)
        heartbeat.end()
        log.info("instance stopped")
    }

    /// Detects that the loop, or the whole machine, was stopped: the loop is late then.
    ///
    /// - Returns: the time.
    private func noticeAbsence(before: UInt64) -> UInt64 {
        let now = MonotonicClock.nanoseconds()
        if now > before + Self.toleratedNanoseconds {
            machine.wasAway(ticks: Tick.covering(nanoseconds: now - before))
        }
        return now
    }

    /// Begins, changes or stops logging, as the settings say.
    ///
    /// - Parameter isStart: whether this process begins; an earlier process may have logged.
    private func updateFlowLogging(_ plan: FlowLogPlan?, isStart: Bool = false) {
        guard plan != flowLogPlan || (plan != nil && flowLogging == nil) else { return }
        let isNew = flowLogPlan == nil && !isStart
        flowLogging?.stop()
        flowLogging = nil
        flowLogPlan = plan
        unlink(directory.flowLogStatePath(machine.table.instanceIdentifier))
        guard let plan else { return }
        do throws(SystemError) {
            let logging = try FlowLogging(
                isNew: isNew, plan: plan, table: machine.table, datapath: datapath, directory: directory, log: log)
            flowLogging = logging
            machine.release.observer = logging
        } catch {
            log.error("sessions are not logged", ["cause": "\(error)"])
            var state = FlowLogState()
            state.problem = "sessions are not logged: \(error)"
            try? directory.write(state, to: directory.flowLogStatePath(machine.table.instanceIdentifier))
        }
    }

    /// Waits for the next iteration: orders and questions of the controller do not wait for a pass that is due later.
    private func wait(untilPassFrom now: UInt64, isBusy: Bool) {
        var timeout: Int32 = 0
        if !isBusy, nextPass > now {
            timeout = Int32((min(nextPass - now, ScanInterval.usualNanoseconds) + 999_999) / 1_000_000)
        }
        var descriptors = [
            pollfd(fd: signals.fileDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: events.fileDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&descriptors, nfds_t(descriptors.count), timeout)
    }

    private func recover(now: UInt64) {
        guard let ends = recoveryEnds, now >= ends else { return }
        recoveryEnds = nil
        let leaked = machine.finishRecovery()
        if leaked > 0 { log.notice("slots recovered that an earlier process had not released", ["slots": "\(leaked)"]) }
    }

    private func pass(now: UInt64) {
        let before = Self.processorNanoseconds()
        let result = machine.pass(now: Tick.of(nanoseconds: now))
        let spent = Self.processorNanoseconds() &- before
        machine.table.instance.pointee.scanNanoseconds &+= spent
        machine.table.instance.pointee.scanCount &+= 1
        if result.expired > 0 {
            log.debug(
                "sessions expired",
                ["count": "\(result.expired)", "resets": "\(result.resets)", "races": "\(result.races)"])
        }
        nextPass =
            now
            + ScanInterval.nanoseconds(
                shortestTimeoutTicks: ScanInterval.shortestTimeoutTicks(machine.table),
                slots: machine.slabs.ownedCount << machine.table.slabShift, isCrowded: machine.isCrowded)
        // If it has no slabs, other instances will return some soon.
        if machine.slabs.ownedCount == 0 { nextPass = now + ScanInterval.shortestNanoseconds }
    }

    private func count(now: UInt64) {
        machine.table.countSessions(now: now)
        nextCount = now + Self.countPauseNanoseconds
    }

    /// - Returns: whether more work is queued.
    private func workOff() -> Bool {
        let end = MonotonicClock.nanoseconds() + Self.pieceNanoseconds
        while machine.workOff() {
            if MonotonicClock.nanoseconds() >= end { return true }
        }
        return false
    }

    /// CPU time of this thread.
    private static func processorNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// The flow index and the timestamps that are shared with the kernel.
struct KernelFlowTable: FlowTable {
    let datapath: Datapath

    func removeFlow(_ key: sluice_session_key, slot: UInt32) { datapath.removeFlow(key, slot: slot) }
    func timestamps(slot: UInt32) -> sluice_timestamps? { datapath.timestamps(slot: slot) }
    func removeTimestamps(slot: UInt32) { datapath.removeTimestamps(slot: slot) }
}

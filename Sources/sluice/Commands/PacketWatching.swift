import Capture
import FlowLayout
import FoundationEssentials
import Gateway
import Glibc
import Inspection
import Kernel
import Synchronization

/// Set by the first signal that asks the command to end.
private let isInterrupted = Atomic<Bool>(false)

/// Watches a gateway's packets until a limit or a signal: the part that `drop watch` and `capture` share.
///
/// One process at a time: it holds a lock in the run directory. A second process fails, and its message names the first.
struct PacketWatching {
    let inspector: GatewayInspector
    let subject: PacketWatch.Subject
    let filter: PacketFilter
    /// Limit for each processor in a tick of 17 ms. Packets beyond it are left out, and counted.
    let recordsPerTick: UInt32
    let ringBytes: UInt32
    /// Ends by itself after this time; nil: never.
    var seconds: Double?

    /// Pause between two reads of the ring.
    private static let pauseSeconds = 0.02
    private static let renewalNanoseconds: UInt64 = 500_000_000

    /// Calls `body` for every packet, with the number of packets left out so far. Ends when `body` returns false, at the
    /// time limit, or at a signal.
    ///
    /// - Returns: how many packets were left out in total.
    func run(
        _ body: (sluice_watched_packet, PacketHeaders, _ omitted: UInt64) throws -> Bool,
        eachSecond: (UInt64) throws -> Void
    ) throws -> UInt64 {
        let lock = try takeLock()
        defer { withExtendedLifetime(lock) {} }
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in isInterrupted.store(true, ordering: .relaxed) }
        }
        let watch = try PacketWatch(
            datapath: inspector.datapath, subject: subject, wanted: filter.wanted(recordsPerTick: recordsPerTick),
            ringBytes: ringBytes)
        let began = MonotonicClock.nanoseconds()
        var renewed = began
        var packets: [sluice_watched_packet] = []
        var goesOn = true
        while goesOn, !isInterrupted.load(ordering: .relaxed) {
            let now = MonotonicClock.nanoseconds()
            if let seconds, Double(now - began) >= seconds * 1e9 { goesOn = false }
            if now - renewed >= Self.renewalNanoseconds {
                renewed = now
                watch.renew()
                try eachSecond(watch.omitted())
                try checkGateway()
            }
            watch.drain { packets.append($0) }
            let omitted = packets.isEmpty ? 0 : watch.omitted()
            for watched in packets {
                let headers = PacketDescriber.headers(of: watched)
                guard filter.matches(watched, headers) else { continue }
                goesOn = try body(watched, headers, omitted) && goesOn
                if !goesOn { break }
            }
            packets.removeAll(keepingCapacity: true)
            if goesOn { Pause.seconds(Self.pauseSeconds) }
        }
        return watch.omitted()
    }

    private func takeLock() throws -> ProcessLock {
        do {
            return try ProcessLock(path: RunDirectory(gateway: inspector.gateway).watchLockPath)
        } catch {
            switch error {
            case .held(let process):
                let who = process.map { "process \($0) (\(Self.commandLine($0)))" } ?? "another process"
                throw CommandFailure(
                    what: "\(who) already watches the packets of gateway \(inspector.gateway): only one process can",
                    next: "wait for it to end\(process.map { ", or end it: kill \($0)" } ?? "")")
            case .system(let error): throw error
            }
        }
    }

    private static func commandLine(_ process: Int32) -> String {
        let bytes = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
        return String(decoding: bytes.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
            .split(separator: " ").joined(separator: " ")
    }

    /// Fails if the gateway was stopped or started again. Then it has other maps, and the open ones stay empty.
    private func checkGateway() throws {
        if let current = try? Datapath.open(gateway: inspector.gateway) {
            let isSame = current.table.runtime.pointee.identity == inspector.datapath.table.runtime.pointee.identity
            // The mapped memory is valid only as long as this object lives.
            withExtendedLifetime(current) {}
            if isSame { return }
        }
        throw CommandFailure(
            what: "gateway \(inspector.gateway) was stopped, or started again", next: "run the command again")
    }

    /// Wall clock time minus the machine's monotonic clock, in nanoseconds.
    static var clockOffset: UInt64 {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        return UInt64(wall.tv_sec) * 1_000_000_000 + UInt64(wall.tv_nsec) &- MonotonicClock.nanoseconds()
    }
}

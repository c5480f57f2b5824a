import CFrames
import Glibc

/// Observes how the slabs of a leaving instance get new owners: when its process is gone, when all its slabs have a new
/// owner, and when the new owners have aged all of them.
struct TakeoverWatch {
    /// The observed values: from the gateway's memory, or from a test.
    struct Eyes {
        /// Whether the process has ended.
        var isGone: () -> Bool
        var owner: (_ slab: Int) -> Int
        var passes: (_ instance: Int) -> UInt64
    }

    private let leaving: Int
    private let slabs: [Int]
    private let eyes: Eyes
    private var passesAtMove: [Int: UInt64] = [:]

    /// CLOCK_MONOTONIC, nanoseconds.
    private(set) var goneAt: Int?
    private(set) var movedAt: Int?
    /// When every new owner had finished one pass since then. The pass may have begun before the slabs were assigned,
    /// so this is a lower bound.
    private(set) var agedAtLeastAt: Int?
    /// When every new owner had finished two passes: the second one has seen all slabs.
    private(set) var agedAtMostAt: Int?

    /// - Parameters:
    ///   - instance: the leaving instance.
    ///   - slabs: its slabs that contain sessions.
    init(instance: Int, slabs: [Int], eyes: Eyes) {
        leaving = instance
        self.slabs = slabs
        self.eyes = eyes
    }

    var isOver: Bool { agedAtMostAt != nil }

    mutating func check(now: Int) {
        if goneAt == nil, eyes.isGone() { goneAt = now }
        if movedAt == nil {
            let owners = Set(slabs.map { eyes.owner($0) })
            // 0 is the pool.
            guard !owners.contains(leaving), !owners.contains(0) else { return }
            movedAt = now
            for owner in owners { passesAtMove[owner] = eyes.passes(owner) }
        }
        func all(_ count: UInt64) -> Bool { passesAtMove.allSatisfy { eyes.passes($0.key) >= $0.value + count } }
        if agedAtLeastAt == nil, all(1) { agedAtLeastAt = now }
        if agedAtMostAt == nil, all(2) { agedAtMostAt = now }
    }
}

/// A process whose end can be observed before its parent reaps it.
final class WatchedProcess {
    private let descriptor: Int32

    init(_ process: pid_t) throws {
        descriptor = bench_open_process(process)
        guard descriptor >= 0 else { throw BenchError.system(call: "pidfd_open \(process)", reason: reason()) }
    }

    deinit {
        close(descriptor)
    }

    var isGone: Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0
    }
}

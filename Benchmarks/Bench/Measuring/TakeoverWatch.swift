import CFrames
import Glibc

/// Watches how the slabs of an instance that goes come to others: when its process is gone, when all its slabs have a new
/// owner, and when the new owners look after all of them.
struct TakeoverWatch {
    /// What is looked at; the gateway's memory, or a test's.
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
    /// When every new owner had ended a pass since, which may have begun before the slabs came: no earlier than this.
    private(set) var keptAtLeastAt: Int?
    /// When every new owner had ended two: the second has seen all slabs.
    private(set) var keptAtMostAt: Int?

    /// - Parameters:
    ///   - instance: which goes.
    ///   - slabs: that it has, and that hold sessions.
    init(instance: Int, slabs: [Int], eyes: Eyes) {
        leaving = instance
        self.slabs = slabs
        self.eyes = eyes
    }

    var isOver: Bool { keptAtMostAt != nil }

    mutating func look(now: Int) {
        if goneAt == nil, eyes.isGone() { goneAt = now }
        if movedAt == nil {
            let owners = Set(slabs.map { eyes.owner($0) })
            // 0 is nobody.
            guard !owners.contains(leaving), !owners.contains(0) else { return }
            movedAt = now
            for owner in owners { passesAtMove[owner] = eyes.passes(owner) }
        }
        func all(_ count: UInt64) -> Bool { passesAtMove.allSatisfy { eyes.passes($0.key) >= $0.value + count } }
        if keptAtLeastAt == nil, all(1) { keptAtLeastAt = now }
        if keptAtMostAt == nil, all(2) { keptAtMostAt = now }
    }
}

/// A process, of which its end can be seen though nobody has buried it yet.
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

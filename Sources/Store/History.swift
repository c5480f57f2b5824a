import Glibc

/// A gateway's history and stored state. Only its controller writes them.
///
/// Recording never fails and never waits for a disk that can't be written. Events that can't be written wait in memory,
/// up to a limit, until the disk can be written again. ``problem`` describes the error meanwhile.
package final class History {
    /// The interval between two searches for events that are too old or too many.
    private static let expiryNanoseconds: UInt64 = 3_600_000_000_000

    package let path: String
    /// The current problem, and what to do about it; nil if everything is on the disk.
    package private(set) var problem: String?
    /// Events that were lost because too many were waiting.
    package var lost: UInt64 { queue.lost }
    /// Events that wait for the disk.
    package var waiting: Int { queue.events.count }

    private let stateDirectory: String
    private let folder: String
    private let limits: HistoryLimits
    private var queue: HistoryQueue
    /// The state on the disk, as far as it was written by this process. A new database gets it too.
    private var remembered: [String: StateChange] = [:]
    private var file: HistoryFile?
    private var notices: [String] = []
    private var expiredAt: UInt64?

    /// Opens or creates the history of a gateway.
    ///
    /// - Parameters:
    ///   - stateDirectory: created now if it does not exist. It is not created later: if it is missing then, it may be
    ///     a file system that was unmounted.
    ///   - now: nanoseconds since 1970.
    /// - Throws: only what must keep a gateway from starting: ``HistoryError/newer(path:)``. A full disk, for example,
    ///   does not.
    package init(
        gateway: String, stateDirectory: String = HistoryPath.standardDirectory,
        limits: HistoryLimits = HistoryLimits(),
        now: UInt64
    ) throws(HistoryError) {
        self.stateDirectory = stateDirectory
        self.limits = limits
        folder = HistoryPath.folder(gateway: gateway, in: stateDirectory)
        path = HistoryPath.of(gateway: gateway, in: stateDirectory)
        queue = HistoryQueue(limit: limits.waitingEvents)
        Self.make(stateDirectory)
        do throws(HistoryError) {
            try open(now: now)
        } catch {
            if case .newer = error { throw error }
            problem = "\(error)"
        }
    }

    /// Records events and state changes in one transaction: after a crash either both exist, or neither.
    ///
    /// - Returns: whether they are on the disk already.
    @discardableResult
    package func record(_ events: [HistoryEvent] = [], state: [StateChange] = []) -> Bool {
        queue.add(events, state)
        // After a disk error, `tend` tries again once a second. Events do not.
        guard problem == nil else { return false }
        return writeQueue()
    }

    @discardableResult
    package func record(_ event: HistoryEvent, state: [StateChange] = []) -> Bool { record([event], state: state) }

    /// The stored value of a key, including one that still waits for the disk; nil if there is none, or if it has
    /// another type.
    package func state<Value: Decodable>(_ key: String, as type: Value.Type) -> Value? {
        if let waiting = queue.change(key) { return waiting.json.flatMap { StateChange.decode(type, from: $0) } }
        guard let json = try? file?.state(key) else { return nil }
        return StateChange.decode(type, from: json)
    }

    /// Called once a second: retries after a disk error, and removes old events.
    ///
    /// - Parameter now: nanoseconds since 1970.
    package func tend(now: UInt64) {
        if file?.isInPlace == false || (problem != nil && file == nil) { reopen(now: now) }
        guard file != nil else { return }
        if problem != nil || !queue.isEmpty { writeQueue() }
        expire(now: now)
    }

    /// Messages about the history itself since the last call, for the log.
    package func takeNotices() -> [String] {
        defer { notices = [] }
        return notices
    }

    @discardableResult
    private func writeQueue() -> Bool {
        do throws(HistoryError) {
            guard let file else { throw .gone(directory: folder) }
            guard file.isInPlace else {
                guard access(folder, F_OK) == 0 else { throw .gone(directory: folder) }
                throw .failed(path: path, reason: "it was removed or replaced: a new one is created")
            }
            let changes = queue.stateChanges
            try file.write(queue.eventsWithGap, changes)
            for change in changes { remembered[change.key] = change }
            queue.written()
            problem = nil
            return true
        } catch {
            if case .full = error {} else { file = nil }
            problem = "\(error)"
            return false
        }
    }

    private func reopen(now: UInt64) {
        do throws(HistoryError) {
            file = nil
            try open(now: now)
            problem = nil
            queue.addMissing(remembered)
            notices.append("the history can be written again, at \(path)")
        } catch {
            problem = "\(error)"
        }
    }

    /// - Throws: why there is no database to write to. A damaged one is replaced.
    private func open(now: UInt64) throws(HistoryError) {
        guard access(stateDirectory, F_OK) == 0 else { throw .gone(directory: stateDirectory) }
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw errno == ENOSPC
                ? .full(path: folder) : .failed(path: folder, reason: String(cString: strerror(errno)))
        }
        do throws(HistoryError) {
            file = try HistoryFile(path: path)
        } catch {
            guard case .damaged = error, let moved = HistoryFile.moveAside(path, suffix: "\(now / 1_000_000_000)")
            else { throw error }
            notices.append(
                "the history \(path) was damaged: it was renamed to \(moved), and a new one was created; "
                    + "'sqlite3 \(moved) .recover' reads what is left")
            file = try HistoryFile(path: path)
        }
    }

    private func expire(now: UInt64) {
        if let expiredAt, now &- expiredAt < Self.expiryNanoseconds { return }
        expiredAt = now
        let oldest = now > limits.ageNanoseconds ? now - limits.ageNanoseconds : 0
        // A failure does no harm: it is tried again.
        try? file?.expire(before: oldest, keeping: limits.events)
    }

    private static func make(_ directory: String) {
        var folder = ""
        for part in directory.split(separator: "/") {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
    }
}

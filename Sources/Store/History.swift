import Glibc

/// A gateway's history and remembered state, for its controller, which alone writes them.
///
/// Recording never fails and never waits for a disk that can't be written: what finds no place there waits in memory, up to a
/// limit, and is written when the disk can be written again. What is wrong meanwhile stands in ``problem``.
package final class History {
    /// Between two looks for events that are too old or too many.
    private static let expiryNanoseconds: UInt64 = 3_600_000_000_000

    package let path: String
    /// What is wrong at the moment, and what to do; nil: all is on the disk.
    package private(set) var problem: String?
    /// Events that were lost because the memory for waiting ones was full.
    package var lost: UInt64 { queue.lost }
    /// Events that wait for the disk.
    package var waiting: Int { queue.events.count }

    private let stateDirectory: String
    private let folder: String
    private let limits: HistoryLimits
    private var queue: HistoryQueue
    /// What is on the disk, as far as it came from here: a database that is begun anew gets it too.
    private var remembered: [String: StateChange] = [:]
    private var file: HistoryFile?
    private var notices: [String] = []
    private var expiredAt: UInt64?

    /// Opens the history of a gateway, or begins one.
    ///
    /// - Parameters:
    ///   - stateDirectory: made now if it is not there; later, where it is gone, what was mounted there may be.
    ///   - now: nanoseconds since 1970.
    /// - Throws: only what must keep a gateway from starting: ``HistoryError/newer(path:)``. A full disk for example does not.
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

    /// Records events and what is to be remembered with them, in one transaction: after a crash both are there, or neither.
    ///
    /// - Returns: whether it is on the disk already.
    @discardableResult
    package func record(_ events: [HistoryEvent] = [], state: [StateChange] = []) -> Bool {
        queue.add(events, state)
        // A disk that is in trouble is tried again once a second, by `tend`, and not by every event.
        guard problem == nil else { return false }
        return writeQueue()
    }

    @discardableResult
    package func record(_ event: HistoryEvent, state: [StateChange] = []) -> Bool { record([event], state: state) }

    /// What is remembered under a key, also where it still waits for the disk; nil: nothing, or not such a value.
    package func state<Value: Decodable>(_ key: String, as type: Value.Type) -> Value? {
        if let waiting = queue.change(key) { return waiting.json.flatMap { StateChange.decode(type, from: $0) } }
        guard let json = try? file?.state(key) else { return nil }
        return StateChange.decode(type, from: json)
    }

    /// To be called once a second: tries a disk again that could not be written, and removes what is too old.
    ///
    /// - Parameter now: nanoseconds since 1970.
    package func tend(now: UInt64) {
        if file?.isInPlace == false || (problem != nil && file == nil) { reopen(now: now) }
        guard file != nil else { return }
        if problem != nil || !queue.isEmpty { writeQueue() }
        expire(now: now)
    }

    /// What happened to the history itself since it was asked last, for the log.
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
                throw .failed(path: path, reason: "it was removed or replaced: a new one is begun")
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
            notices.append("the history is written again, at \(path)")
        } catch {
            problem = "\(error)"
        }
    }

    /// - Throws: why there is no database to write to; a damaged one is replaced.
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
                "the history \(path) was damaged: it is now \(moved), and a new one was begun; "
                    + "'sqlite3 \(moved) .recover' reads what is left")
            file = try HistoryFile(path: path)
        }
    }

    private func expire(now: UInt64) {
        if let expiredAt, now &- expiredAt < Self.expiryNanoseconds { return }
        expiredAt = now
        let oldest = now > limits.ageNanoseconds ? now - limits.ageNanoseconds : 0
        // It matters little when it fails: it comes again.
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

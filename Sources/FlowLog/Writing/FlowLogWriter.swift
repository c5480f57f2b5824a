import Glibc
internal import Policy

/// Converts entries to records, and writes records to the files of their hour. Used by one thread, which may block on
/// the disk.
package final class FlowLogWriter {
    /// Maximum entries in the records of one flush.
    package static let entriesPerRecord = 8192
    /// Records that wait because the disk can't be written. Beyond this limit the newest are dropped and counted.
    package static let pendingBytesLimit = 32 << 20
    /// How long a file lock of another process is not reported: that process writes too, and disks are sometimes slow.
    private static let lockPatienceNanoseconds: UInt64 = 10_000_000_000
    private static let sweepNanoseconds: UInt64 = 60_000_000_000

    private struct Piece {
        var path: String
        var bytes: [UInt8]
        /// How many entries it contains. Only the record of one format counts them; the session line does not count
        /// them again.
        var entries: UInt64
    }

    package private(set) var state = FlowLogState()
    private let names: ResourceNames
    private var labels: RuleLabels
    private let zoneNames: [UInt8: String]
    private let macAddresses: [UInt8: String]
    private let pendingLimit: Int
    private var pending: [Piece] = []
    private var pendingBytes = 0
    private var files: [String: LogFile] = [:]
    private var sweptAt: UInt64?
    private var sweptHour: UInt64 = 0
    private var settings: FlowLogSettings { names.settings }

    /// - Parameters:
    ///   - macAddresses: those of the interfaces of zones, `000D3AF87856`.
    ///   - ruleNames: returns the names of rules.
    package init(
        plan: FlowLogPlan, macAddresses: [UInt8: String], pendingLimit: Int = pendingBytesLimit,
        ruleNames: @escaping () -> [UInt16: String]
    ) {
        names = ResourceNames(
            gateway: plan.gateway, settings: plan.settings, groupResources: plan.groupResources)
        labels = RuleLabels(gateway: plan.gateway, read: ruleNames)
        zoneNames = Dictionary(plan.zones.map { ($0.identifier, $0.name) }, uniquingKeysWith: { first, _ in first })
        self.macAddresses = macAddresses
        self.pendingLimit = pendingLimit
    }

    /// Creates the log's directory if it does not exist.
    ///
    /// - Returns: why it can't be created; nil if it exists now.
    @discardableResult
    package static func makeDirectory(_ path: String) -> FileFailure? {
        var folder = ""
        var first: FileFailure?
        for part in path.split(separator: "/") {
            folder += "/\(part)"
            if mkdir(folder, 0o755) != 0, errno != EEXIST, first == nil { first = FileFailure(folder) }
        }
        var status = stat()
        if stat(path, &status) != 0 { return first ?? FileFailure(path) }
        return status.st_mode & S_IFMT == S_IFDIR ? nil : FileFailure(path, errorNumber: ENOTDIR)
    }

    /// Writes the new entries, and those that could not be written before.
    ///
    /// - Parameter now: nanoseconds since 1970.
    package func flush(_ entries: [FlowEntry], omitted: Omissions, now: UInt64) {
        state.omitted += omitted
        var start = 0
        while start < entries.count {
            let end = min(entries.count, start + Self.entriesPerRecord)
            make(entries[start..<end], now: now)
            start = end
        }
        if !omitted.isEmpty {
            enqueue(
                Piece(
                    path: RecordPath.sessions(time: now, gateway: names.gateway),
                    bytes: SessionLine.omission(time: now, gateway: names.gateway, omitted), entries: 0))
        }
        sweep(now: now)
        writePending(now: now)
    }

    private func make(_ entries: ArraySlice<FlowEntry>, now: UInt64) {
        var version4: [String: RecordGroup] = [:]
        var version2: [String: [String: RecordGroup]] = [:]
        for entry in entries {
            let mac = macAddresses[entry.innerZone] ?? "000000000000"
            let label = labels.label(entry, now: now)
            version4[mac, default: RecordGroup(macAddress: mac)].add(entry, rule: label)
            if FlowTupleText.isInVersion2(entry) {
                version2[label.group, default: [:]][mac, default: RecordGroup(macAddress: mac)].add(entry, rule: label)
            }
            if entry.state == .end {
                enqueue(
                    Piece(
                        path: RecordPath.sessions(time: now, gateway: names.gateway),
                        bytes: line(entry, now: now), entries: 1))
            }
        }
        if settings.formats.contains(.nsgVersion2) {
            for (group, records) in version2 {
                for (mac, record) in records {
                    let path = RecordPath.version2(time: now, names: names, group: group, macAddress: mac)
                    let bytes = FlowRecordText.version2(time: now, names: names, group: group, record)
                    enqueue(Piece(path: path, bytes: bytes, entries: record.entryCount))
                }
            }
        }
        if settings.formats.contains(.virtualNetworkVersion4) {
            for (mac, record) in version4 {
                let path = RecordPath.version4(time: now, names: names, macAddress: mac)
                let bytes = FlowRecordText.version4(time: now, names: names, record)
                enqueue(Piece(path: path, bytes: bytes, entries: record.entryCount))
            }
        }
    }

    private func line(_ entry: FlowEntry, now: UInt64) -> [UInt8] {
        SessionLine.of(
            entry, gateway: names.gateway, rule: labels.name(entry.rule, now: now),
            groupRule: labels.name(entry.groupRule, now: now),
            zones: (
                source: zoneNames[entry.sourceZone] ?? "none",
                destination: zoneNames[entry.destinationZone] ?? "none"
            ))
    }

    private func enqueue(_ piece: Piece) {
        guard pendingBytes + piece.bytes.count <= pendingLimit else {
            state.omitted.entries &+= piece.entries
            unreportedOmissions &+= piece.entries
            return
        }
        pending.append(piece)
        pendingBytes += piece.bytes.count
    }

    /// Entries that were dropped here and are not yet reported in the log itself.
    private var unreportedOmissions: UInt64 = 0

    private func writePending(now: UInt64) {
        if pending.isEmpty && state.problem == nil { return closeOld(now: now) }
        var byPath: [String: [Piece]] = [:]
        var order: [String] = []
        for piece in pending {
            if byPath[piece.path] == nil { order.append(piece.path) }
            byPath[piece.path, default: []].append(piece)
        }
        var failed: [Piece] = []
        var problem: FileFailure?
        for path in order {
            let pieces = byPath[path] ?? []
            do throws(FileFailure) {
                try file(path).append(pieces.map(\.bytes))
                state.written &+= pieces.reduce(0) { $0 &+ $1.entries }
            } catch {
                files[path] = nil
                failed += pieces
                if problem == nil { problem = error }
            }
        }
        pending = failed
        pendingBytes = failed.reduce(0) { $0 + $1.bytes.count }
        state.waitingSince = problem.map { _ in state.waitingSince ?? now }
        if let problem, problem.errorNumber == EWOULDBLOCK, let since = state.waitingSince,
            now &- since < Self.lockPatienceNanoseconds
        {
            // Nothing is lost: the next flush tries again.
        } else {
            state.problem = problem?.description
        }
        closeOld(now: now)
        if problem == nil, unreportedOmissions > 0 {
            let omitted = Omissions(entries: unreportedOmissions)
            unreportedOmissions = 0
            enqueue(
                Piece(
                    path: RecordPath.sessions(time: now, gateway: names.gateway),
                    bytes: SessionLine.omission(time: now, gateway: names.gateway, omitted), entries: 0))
        }
    }

    private func file(_ path: String) throws(FileFailure) -> LogFile {
        if let file = files[path], file.isInPlace { return file }
        let file = try LogFile(directory: settings.directory, path: path)
        files[path] = file
        return file
    }

    /// Closes the files of earlier hours, which are complete.
    private func closeOld(now: UInt64) {
        let hour = RecordPath.hourNumber(time: now)
        let waiting = Set(pending.map(\.path))
        files = files.filter { path, _ in RecordPath.hourNumber(path) == hour || waiting.contains(path) }
    }

    /// Removes files that are too old, or exceed the total size: every minute, and at each new hour. The first call
    /// also repairs files of earlier hours that a crash has torn.
    private func sweep(now: UInt64) {
        let hour = RecordPath.hourNumber(time: now)
        if let sweptAt, now &- sweptAt < Self.sweepNanoseconds, hour == sweptHour { return }
        let all = LogTree.files(in: settings.directory)
        if sweptAt == nil { repair(all) }
        let expired = Retention.expired(
            all, now: now, ageNanoseconds: settings.retentionNanoseconds, maximumBytes: settings.retentionBytes)
        for file in expired { LogTree.remove(file.path, in: settings.directory) }
        (sweptAt, sweptHour) = (now, hour)
    }

    private func repair(_ all: [LogTree.File]) {
        for file in all {
            do throws(FileFailure) {
                // Opening a file repairs it.
                _ = try LogFile(directory: settings.directory, path: file.path)
            } catch {
                if state.problem == nil { state.problem = "\(error)" }
            }
        }
    }
}

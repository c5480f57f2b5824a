internal import FlowCore
internal import FlowLayout

/// Counts the ends of an instance's sessions by reason, and hands them on to the flow log, where there is one.
///
/// The counts lie in a file of the run directory, written once a second if they have changed: they outlive the process.
final class EndCounting: ReleaseObserver {
    private static let restNanoseconds: UInt64 = 1_000_000_000

    /// Told of every release too.
    weak var next: (any ReleaseObserver)?

    private let directory: RunDirectory
    private let path: String
    /// By the reason's number.
    private var counts = [UInt64](repeating: 0, count: 1 << UInt8.bitWidth)
    private var hasChanged = false
    private var writtenAt: UInt64 = 0

    init(identifier: UInt16, directory: RunDirectory) {
        self.directory = directory
        path = EndCountFile.path(identifier, in: directory)
        let before = (try? directory.read([String: UInt64].self, from: path)) ?? [:]
        for reason in EndReason.allCases { counts[Int(reason.rawValue)] = before[reason.name] ?? 0 }
    }

    func released(slot: Int, word: ControlWord, session: sluice_session) {
        counts[Int(session.endReason)] &+= 1
        hasChanged = true
        next?.released(slot: slot, word: word, session: session)
    }

    /// A turn of the loop ends.
    func finishTurn(now: UInt64) {
        guard hasChanged, now &- writtenAt >= Self.restNanoseconds else { return }
        write()
        writtenAt = now
    }

    func write() {
        guard hasChanged else { return }
        var named: [String: UInt64] = [:]
        for reason in EndReason.allCases where counts[Int(reason.rawValue)] > 0 {
            named[reason.name] = counts[Int(reason.rawValue)]
        }
        // What can't be written now is written with what comes next.
        try? directory.write(named, to: path)
        hasChanged = false
    }
}

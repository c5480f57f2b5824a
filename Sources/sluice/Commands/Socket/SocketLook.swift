import ArgumentParser
import Sockets

/// What the socket commands have in common: exit codes, and notes about what could not be seen.
enum SocketLook {
    /// Some sockets are at risk.
    static let someAtRisk = ExitCode(1)
    /// The sockets, or some of them, could not be looked at or changed.
    static let notSeen = ExitCode(2)

    /// Runs something. If it fails, the message says why and what to do, and the exit code is 2.
    static func orExit<Result>(_ body: () throws(SocketError) -> Result) throws -> Result {
        do throws(SocketError) {
            return try body()
        } catch {
            throw failure(error)
        }
    }

    /// Reports an error, and returns the exit code for it.
    static func failure(_ error: SocketError) -> ExitCode {
        Console.note("Error: \(error.what)\nnext: \(error.next)")
        return notSeen
    }

    /// Reports what a look could not see.
    static func report(_ scan: SocketScan) {
        if let limitation = scan.limitation {
            Console.note(
                """
                note: \(limitation.what). So keep-alive is read from timers, as ss does: 'on' without its interval, and not \
                while data is under way. What can't be known is 'unknown'.
                next: \(limitation.next)
                """)
        }
        if let first = scan.unread.first {
            Console.note(
                "note: \(HumanText.count(scan.unread.count, of: "network namespace")) could not be read: \(first.reason.what)"
            )
        }
    }

    /// The exit code for some verdicts.
    static func exitCode(_ verdicts: [SocketVerdict], isComplete: Bool) -> ExitCode {
        if verdicts.contains(where: \.isRisk) { return someAtRisk }
        return isComplete && !verdicts.contains(.unknown) ? .success : notSeen
    }
}

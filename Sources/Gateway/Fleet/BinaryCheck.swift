internal import FlowLayout
import Glibc
internal import Kernel

/// Checks whether a binary can be used in the fleet: it exists, is executable, starts, is a sluice binary, and uses the layout of the
/// memory that the kernel program shares.
struct BinaryCheck {
    /// Timeout for its answer.
    static let patienceNanoseconds: UInt64 = 5_000_000_000

    struct Outcome: Equatable {
        /// nil: the binary can be used.
        var problem: String?
    }

    let binary: String
    private let run: HelperProgram?
    private let early: Outcome?
    private(set) var deadline: UInt64
    private let liveSessions: Int

    /// - Parameter liveSessions: the number of sessions that a restart would end.
    static func start(_ binary: String, liveSessions: Int, now: UInt64) -> BinaryCheck {
        func refused(_ problem: String) -> BinaryCheck {
            BinaryCheck(
                binary: binary, run: nil, early: Outcome(problem: problem), deadline: now, liveSessions: liveSessions)
        }
        guard binary.hasPrefix("/") else { return refused("\(binary): write the binary's path from the root") }
        var status = stat()
        guard stat(binary, &status) == 0 else {
            return refused("\(binary) can't be used: \(String(cString: strerror(errno))): check the path")
        }
        guard status.st_mode & S_IFMT == S_IFREG, access(binary, X_OK) == 0 else {
            return refused("\(binary) is not an executable program: run 'chmod +x \(binary)', or name another file")
        }
        do throws(SystemError) {
            let run = try HelperProgram(binary, ["sluice", "binary-check"])
            return BinaryCheck(
                binary: binary, run: run, early: nil, deadline: now + patienceNanoseconds, liveSessions: liveSessions)
        } catch {
            return refused("\(binary) does not start: \(error): is it built for this machine?")
        }
    }

    /// The controller did not run for this time; the deadline moves by it.
    mutating func wasAway(nanoseconds: UInt64) { deadline += nanoseconds }

    /// nil: there is no result yet.
    func outcome(now: UInt64) -> Outcome? {
        if let early { return early }
        guard let run else { return nil }
        if let status = run.ended() { return Self.judge(binary, status, run.said, liveSessions: liveSessions) }
        guard now >= deadline else { return nil }
        run.kill()
        return Outcome(
            problem: "\(binary) did not answer within \(Self.patienceNanoseconds / 1_000_000_000) s: "
                + "try '\(binary) binary-check' by hand")
    }

    static func judge(_ binary: String, _ status: Int32, _ said: String, liveSessions: Int) -> Outcome {
        guard status == 0, let layout = BinaryGreeting.layout(in: said) else {
            let words = said.split(separator: "\n").first.map { " and printed '\($0.prefix(120))'" } ?? ""
            return Outcome(
                problem:
                    "\(binary) is not a sluice that can run here: '\(binary) binary-check' ended with status \(status)"
                    + "\(words)")
        }
        guard layout == UInt32(SLUICE_LAYOUT_VERSION) else {
            return Outcome(
                problem:
                    "\(binary) speaks layout \(layout) of the shared memory, and the kernel program here has layout "
                    + "\(SLUICE_LAYOUT_VERSION), so instances of both can't serve side by side. To change over, stop this gateway and "
                    + "start it with the new binary: that ends its \(liveSessions) sessions without a RST, and nothing "
                    + "is forwarded for the second or two in between")
        }
        return Outcome(problem: nil)
    }
}

/// The answer of a binary to the question whether it can be used in a fleet: `sluice binary-check`.
package enum BinaryGreeting {
    static let prefix = "sluice binary, layout "

    /// The output of `sluice replace-program --if-different` if there is nothing to replace.
    package static let sameProgram = "the kernel has this program already"

    package static var text: String { "\(prefix)\(SLUICE_LAYOUT_VERSION)" }

    /// The layout that a binary reports; nil: it is not a sluice binary.
    static func layout(in text: String) -> UInt32? {
        guard text.hasPrefix(prefix) else { return nil }
        return UInt32(text.dropFirst(prefix.count).prefix { $0.isNumber })
    }
}

internal import FlowLog
import Glibc
internal import Policy

/// Checks the directory of a flow log before anything is written to it.
enum FlowLogDirectory {
    /// Makes the directory if it is missing.
    ///
    /// - Returns: why nothing can be written there, and what to do; nil: it can be written.
    static func make(_ path: String) -> String? {
        let cause: String
        if let failure = FlowLogWriter.makeDirectory(path) {
            cause = "can't be made: \(failure.path): \(String(cString: strerror(failure.errorNumber)))"
        } else if faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0 {
            cause = "can't be written: \(String(cString: strerror(errno)))"
        } else {
            return nil
        }
        return "flowLog.directory: \(path) \(cause); no session is logged until 'mkdir -p \(path)' works as root, "
            + "or another directory is configured"
    }

    /// Whether it exists and can be written. Does not make it: if it is missing, a file system may not be mounted there.
    static func isUsable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            && faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0
    }
}

extension RunningGateway {
    private static let subject = "flow log"

    /// Reports, at the start and after a reload, a problem that prevents sessions from being logged.
    func checkFlowLog() { report(Self.subject, configuration.flowLog.flatMap { FlowLogDirectory.make($0.directory) }) }

    /// Checks whether a reported problem is over.
    func watchFlowLog() {
        guard problems[Self.subject] != nil else { return }
        if let directory = configuration.flowLog?.directory, !FlowLogDirectory.isUsable(directory) { return }
        report(Self.subject, nil)
    }
}

import ArgumentParser
import Gateway

/// How the processes of a gateway end: whatever they say at last, nobody who does not read it keeps them from ending.
enum ServiceProcess {
    static func run(_ body: () throws -> Void) throws {
        defer {
            LogOutput.standardOutput.flush()
            LogOutput.standardError.flush()
        }
        do {
            try body()
        } catch {
            LogOutput.standardError.writeFailure("\(error)")
            throw ExitCode.failure
        }
    }
}

import ArgumentParser
import Dispatch
import Glibc
import Kernel

/// The program's entry point.
///
/// Not an `async` main. The kernel refuses another mount namespace to a process with threads, so the program enters it
/// before anything can start a thread. A command that is not asynchronous runs on this thread only.
@main
enum Main {
    static func main() {
        do {
            try HostMountNamespace.enterIfNeeded()
        } catch {
            // Commands that need the kernel's maps will report it. The others work without them.
            Console.note("warning: \(error)")
        }
        do {
            var command = try Sluice.parseAsRoot()
            guard command is any AsyncParsableCommand else { return try command.run() }
        } catch {
            if Sluice.exitCode(for: error) == .validationFailure,
                let message = WrongCommand.message(Array(CommandLine.arguments.dropFirst()))
            {
                Console.note(message)
                Glibc.exit(ExitCode.validationFailure.rawValue)
            }
            Sluice.exit(withError: error)
        }
        Task {
            do {
                guard var command = try Sluice.parseAsRoot() as? any AsyncParsableCommand else { return }
                try await command.run()
            } catch {
                Sluice.exit(withError: error)
            }
            Glibc.exit(EXIT_SUCCESS)
        }
        dispatchMain()
    }
}

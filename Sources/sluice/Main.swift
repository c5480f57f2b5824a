import ArgumentParser
import Dispatch
import Glibc
import Kernel

/// The program's beginning.
///
/// Not an `async` main: entering another mount namespace is refused to a process that has threads, so it comes before
/// anything that could start one; and a command that waits for nothing runs on this thread, without any other.
@main
enum Main {
    static func main() {
        do {
            try HostMountNamespace.enterIfNeeded()
        } catch {
            // Commands that need the kernel's maps will say so; the others work without.
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

import ArgumentParser
import Dispatch
import Glibc
import Kernel

/// The program's beginning.
///
/// Not an `async` main: entering another mount namespace is refused to a process that has threads, so it comes before
/// anything that could start one.
@main
enum Main {
    static func main() {
        do {
            try HostMountNamespace.enterIfNeeded()
        } catch {
            // Commands that need the kernel's maps will say so; the others work without.
            Console.note("warning: \(error)")
        }
        Task {
            await Sluice.main()
            exit(EXIT_SUCCESS)
        }
        dispatchMain()
    }
}

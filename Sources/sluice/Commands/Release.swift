import ArgumentParser
import Kernel

/// `sluice release`
struct Release: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Detach the kernel program of a former gateway from an interface.",
        discussion: """
            Works in the network namespace in which it runs. Afterwards the kernel handles the packets that arrive at the interface, \
            and the guard does, if it is installed.
            """)

    @Argument(help: "The interface's name.", completion: Completing.interfaces)
    var interface: String

    @Flag(help: "Detach it also from a gateway that is known here.")
    var force = false

    func run() throws {
        try Privilege.requireRoot(for: "sluice release")
        let found = try NetworkInterface.find(interface)
        if let identifier = try Datapath.release(interface: found, byForce: force) {
            Console.outputLine("detached program \(identifier) from \(interface)")
        } else {
            Console.outputLine("\(interface) has no program of sluice")
        }
    }
}

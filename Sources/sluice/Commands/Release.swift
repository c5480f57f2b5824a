import ArgumentParser
import Kernel

/// `sluice release`
struct Release: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take the program of a gateway that is gone off an interface.",
        discussion: """
            For the network namespace that it is called in. What comes in by the interface is then left to the kernel, and to the guard \
            where there is one.
            """)

    @Argument(help: "The interface's name.", completion: Completing.interfaces)
    var interface: String

    @Flag(help: "Also when a gateway that is known here has it.")
    var force = false

    func run() throws {
        try Privilege.requireRoot(for: "sluice release")
        let found = try NetworkInterface.find(interface)
        if let identifier = try Datapath.release(interface: found, byForce: force) {
            Console.outputLine("took program \(identifier) off \(interface)")
        } else {
            Console.outputLine("no program of ours is on \(interface)")
        }
    }
}

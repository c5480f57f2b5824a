import ArgumentParser
import FlowLayout
import Gateway
import Kernel

/// `sluice instance-process`: the process of one instance, as the controller starts it. Not for people.
struct InstanceProcessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instance-process", abstract: "The process of one instance, as the controller starts it.",
        shouldDisplay: false)

    @Option(help: "The gateway's name.")
    var gateway: String

    @Option(help: "The instance's number, from 1.")
    var identifier: UInt16

    func run() throws {
        try ServiceProcess.run { try InstanceProcess.run(gateway: gateway, identifier: identifier) }
    }
}

/// `sluice binary-check`: reports that this is a sluice binary, and the version of its memory layout. Not for people.
struct BinaryCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "binary-check", abstract: "Report which layout of the shared memory this binary uses.",
        shouldDisplay: false)

    func run() throws { Console.outputLine(BinaryGreeting.text) }
}

/// `sluice replace-program`: replaces a gateway's kernel program by the one in this binary. Not for people.
struct ReplaceProgramCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace-program", abstract: "Replace a gateway's kernel program by this binary's.",
        shouldDisplay: false)

    @Option(help: "The gateway's name.")
    var gateway: String

    @Flag(help: "Do nothing if the program is the same already.")
    var ifDifferent = false

    func run() throws {
        let count = try Datapath.replacePrograms(gateway: gateway, onlyIfDifferent: ifDifferent)
        Console.outputLine(count.map { "replaced on \($0) interfaces" } ?? BinaryGreeting.sameProgram)
    }
}

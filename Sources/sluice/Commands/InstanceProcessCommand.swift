import ArgumentParser
import Gateway

/// `sluice instance-process`: the process of one instance, as the controller starts it. Not for people.
struct InstanceProcessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instance-process", abstract: "The process of one instance, as the controller starts it.",
        shouldDisplay: false, aliases: ["instance"])

    @Option(help: "The gateway's name.")
    var gateway: String

    @Option(help: "The instance's number, from 1.")
    var identifier: UInt16

    func run() throws {
        try InstanceProcess.run(gateway: gateway, identifier: identifier)
    }
}

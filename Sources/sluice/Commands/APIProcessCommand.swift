import API
import ArgumentParser
import Gateway
import Kernel

/// `sluice api-process`: the process that serves the HTTP API, as the controller starts it. Not for people.
struct APIProcessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-process", abstract: "The process that serves the HTTP API, as the controller starts it.",
        shouldDisplay: false)

    @Option(help: "The gateway's name.")
    var gateway: String

    @Option(help: "The descriptor of the socket to serve.")
    var listener: Int32 = 3

    func run() throws {
        try ServiceProcess.run { try APIProcess.run(gateway: gateway, listener: listener, version: .own) }
    }
}

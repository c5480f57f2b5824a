import API
import ArgumentParser
import Gateway
import Glibc
import Kernel

/// `sluice-api`: the program that serves the HTTP API, as the controller starts it. Not for people.
///
/// A binary of its own: what HTTP and TLS bring with them is neither in the instances nor in the commands.
@main
struct APIProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-api",
        abstract: "The HTTP API of a gateway: 'api:' in its configuration has 'sluice run' start it.",
        version: "sluice-api \(BinaryVersion.own(commit: BuildCommit.text))",
        subcommands: [Serve.self, CheckCertificate.self])
}

/// Serves a socket that it inherits.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API on a socket that the controller has opened.")

    @Option(help: "The gateway's name.")
    var gateway: String

    @Option(help: "The descriptor of the socket to serve.")
    var listener: Int32

    func run() throws {
        do {
            try APIProcess.run(
                gateway: gateway, listener: listener, version: .own(commit: BuildCommit.text))
        } catch {
            LogOutput.standardError.writeFailure("\(error)")
            LogOutput.standardError.flush()
            throw ExitCode.failure
        }
    }
}

/// Says what is wrong with the files of HTTPS: on stdout the key of `api.tls` on a line, and the message on those after it.
struct CheckCertificate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether a certificate and its key can serve; the exit code is 2 if they can't.")

    @Option(help: "The certificate, and those that lead from it to a root: a file in PEM.")
    var certificate: String

    @Option(help: "Its key: a file in PEM.")
    var key: String

    func run() throws {
        guard let problem = CertificateFiles.problem(certificate: certificate, key: key, now: time(nil)) else { return }
        print("\(problem.key)\n\(problem.message)")
        throw ExitCode(2)
    }
}

import API
import ArgumentParser
import Gateway
import Glibc
import Kernel

/// `sluice-api`: the program that serves the HTTP API. The controller starts it; it is not meant for people.
///
/// It is a separate binary so that the HTTP and TLS libraries are neither in the instances nor in the commands.
@main
struct APIProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-api",
        abstract: "The HTTP API of a gateway; 'sluice run' starts it if the configuration has 'api:'.",
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

/// Reports what is wrong with the files for HTTPS on stdout: first a line with the key of `api.tls`, then the message.
struct CheckCertificate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check whether a certificate and its key can be used; the exit code is 2 if they can't.")

    @Option(help: "PEM file with the certificate and the intermediate certificates.")
    var certificate: String

    @Option(help: "PEM file with its key.")
    var key: String

    func run() throws {
        guard let problem = CertificateFiles.problem(certificate: certificate, key: key, now: time(nil)) else { return }
        print("\(problem.key)\n\(problem.message)")
        throw ExitCode(2)
    }
}

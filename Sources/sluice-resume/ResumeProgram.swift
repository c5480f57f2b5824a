import ArgumentParser

/// `sluice-resume`: carries TCP connections of any application over connections that may be reset (RESUME-2). `sluice resume`
/// executes it.
///
/// It is a separate binary so that networking and TLS are not in the gateway's, and so that it needs neither libbpf nor root.
@main
struct ResumeProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-resume",
        abstract: "Carry TCP connections of any application across resets.",
        discussion: """
            A client near the application and a server near the target keep the application's connection alive while the \
            connection between them is reset, and goes on where it was. No byte is lost or repeated. If it can't be saved, both \
            applications are reset.

            sluice-resume token /etc/sluice-resume/token
            sluice-resume server --listen :7443 --certificate C --key K --token-file T --allow db:5432
            sluice-resume client --server gw:7443 --token-file T --forward 127.0.0.1:5432=db:5432
            ssh -o ProxyCommand='sluice-resume client --server gw:7443 --token-file T --stdio %h:%p' host
            """,
        version: "sluice-resume \(ResumeVersion.text), commit \(BuildCommit.text)",
        subcommands: [ResumeClient.self, ResumeServer.self, ResumeToken.self, SimulateStreams.self])
}

/// The version of Sluice. A test compares it with the other programs'.
enum ResumeVersion {
    static let text = "0.12.0"
}

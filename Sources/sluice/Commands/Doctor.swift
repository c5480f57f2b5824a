import Inspection
import ArgumentParser
import Gateway
import Kernel
import Policy

/// `sluice doctor`
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check whether this machine can run a gateway, and list what is missing.",
        discussion: "Changes nothing. The exit code is 1 when something is missing.")

    @OptionGroup var output: OutputOption

    @Option(
        name: .customLong("config"), help: "The configuration to check the machine for: its capacity and interfaces.",
        completion: Completing.configurations)
    var file: String?

    func run() throws {
        let findings = try DoctorReport.findings(file: file)
        if output.isJSON {
            Console.output(try JSONText.of(findings))
        } else {
            Console.page(DoctorReport.text(findings, style: Console.style))
        }
        guard findings.allSatisfy(\.isMet) else { throw ExitCode.failure }
    }
}

/// The result of `sluice doctor`.
enum DoctorReport {
    /// The capacity if the configuration does not set one.
    private static let usualCapacitySessions = 262_144

    static func findings(file: String?) throws -> [MachineFinding] {
        guard let file else {
            return MachineCheck.findings(
                capacitySessions: usualCapacitySessions,
                directories: [RunDirectory.standardRoot, Configuration.usualStateDirectory])
        }
        let configuration = try Configuration.read(path: file)
        return MachineCheck.findings(
            capacitySessions: configuration.capacitySessions, interfaces: configuration.zones.flatMap(\.interfaces),
            directories: [RunDirectory.standardRoot, configuration.stateDirectory])
    }

    /// The list, with a remedy below each missing requirement.
    static func text(_ findings: [MachineFinding], style: TextStyle = .plain) -> String {
        let width = findings.map(\.requirement.count).max() ?? 0
        var text = ""
        for finding in findings {
            let padding = String(repeating: " ", count: width - finding.requirement.count)
            text +=
                "\(finding.isMet ? style.good("ok     ") : style.bad("missing"))  \(finding.requirement)\(padding)  \(finding.found)\n"
            if let remedy = finding.remedy { text += "         next: \(remedy)\n" }
        }
        let missing = findings.count { !$0.isMet }
        return text + (missing == 0 ? "This machine can run a gateway.\n" : "\(missing) missing: see 'next' above.\n")
    }
}

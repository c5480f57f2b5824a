import ArgumentParser
import FlowCore
import Lab
import Policy
import Testing

@testable import Inspection
@testable import sluice

/// All command lines of the contract's section 11 that this version has.
struct ParsingTests {
    private func parse<Command: ParsableCommand>(_ line: String, as type: Command.Type = Command.self) throws -> Command
    {
        try #require(try Sluice.parseAsRoot(line.split(separator: " ").map(String.init)) as? Command)
    }

    @Test("run takes a configuration file")
    func run() throws {
        let command: Run = try parse("run --config sluice.yaml")
        #expect(command.file == "sluice.yaml")
        #expect(throws: (any Error).self) { try Sluice.parseAsRoot(["run"]) }
    }

    @Test("hidden commands start an instance, check a binary and replace a kernel program for the controller")
    func hidden() throws {
        let command: InstanceProcessCommand = try parse("instance-process --gateway edge-1 --identifier 1")
        #expect(command.gateway == "edge-1")
        #expect(command.identifier == 1)
        let _: BinaryCheckCommand = try parse("binary-check")
        let replace: ReplaceProgramCommand = try parse("replace-program --gateway edge-1")
        #expect(replace.gateway == "edge-1")
        #expect(!Sluice.helpMessage().contains("instance-process") && !Sluice.helpMessage().contains("binary-check"))
    }

    @Test("SCALE-2 DRAIN-1 MAINT-1 the fleet's commands of section 11, each with --json")
    func fleet() throws {
        let drain: InstanceDrain = try parse("instance drain 3 --cancel --json --gateway edge-1")
        #expect(drain.instance == 3 && drain.cancel && drain.output.isJSON && drain.gateway.name == "edge-1")
        let stop: InstanceStop = try parse("instance stop 3 --json")
        #expect(stop.instance == 3)
        let scale: FleetScale = try parse("fleet scale --instances 4 --json")
        #expect(scale.instances == 4)
        let prescale: FleetPrescale = try parse("fleet prescale --min 4 --max 10 --json")
        #expect(prescale.minimum == 4 && prescale.maximum == 10)
        let start: MaintenanceStart = try parse("maintenance start --binary /opt/sluice --now --json")
        #expect(start.binary == "/opt/sluice" && start.now)
        let _: MaintenancePause = try parse("maintenance pause --json")
        let _: MaintenanceResume = try parse("maintenance resume --json")
        let _: MaintenanceAbort = try parse("maintenance abort --json")
        for line in ["instance drain", "instance drain many", "fleet scale", "fleet prescale --min 2", "fleet"] {
            #expect(throws: (any Error).self, "\(line)") {
                var command = try Sluice.parseAsRoot(line.split(separator: " ").map(String.init))
                try command.run()
            }
        }
    }

    @Test(
        "OPS-2 every command that reads takes --json",
        arguments: [
            "status --json", "instance list --json", "maintenance status --json", "session list --json",
            "session show 1a-7 --json", "policy show --json",
            "config check f --json",
            "policy check f --json", "doctor --json", "demo --json", "event list --json", "event follow --json",
            "flow-log tail --json", "flow-log query --json", "socket list --json", "socket advise --json",
            "socket guard list --json", "check-up --json",
            "policy explain --json --protocol esp --source 10.0.0.1 --destination 10.0.0.2",
        ])
    func json(line: String) throws { _ = try Sluice.parseAsRoot(line.split(separator: " ").map(String.init)) }

    @Test(
        "the other commands parse",
        arguments: [
            "status", "status --watch", "session list", "session watch", "session reset --all --dry-run", "reload",
            "reload --gateway edge-1", "doctor", "doctor --config f", "lab up", "lab up --bare --time-scale 60",
            "lab down", "demo",
            "demo --keep", "completions generate bash", "completions generate zsh", "completions generate fish",
        ])
    func others(line: String) throws { _ = try Sluice.parseAsRoot(line.split(separator: " ").map(String.init)) }

    @Test("session list takes every filter of the contract")
    func filters() throws {
        let command: SessionList = try parse(
            "session list --source 10.1.0.0/16 --destination 2001:db8::/32 --port 443 --protocol tcp --class eastWest "
                + "--state established --instance 2")
        #expect(
            command.filter.filter
                == SessionFilter(
                    source: try AddressPrefix(parsing: "10.1.0.0/16"),
                    destination: try AddressPrefix(parsing: "2001:db8::/32"),
                    port: 443, ipProtocol: 6, trafficClass: .eastWest, state: .established, instance: 2))
    }

    @Test(
        "an invalid filter is refused, and the message says what to write",
        arguments: [
            ("--source 10.1.0.0/33", "from 0 to 32"), ("--source x", "10.1.0.0/16"), ("--protocol foo", "tcp"),
            ("--class foo", "northSouth"), ("--state foo", "synReceived"), ("--state free", "synReceived"),
            ("--limit -1", "0 for all"),
        ])
    func badFilters(options: String, hint: String) {
        let error = #expect(throws: (any Error).self) {
            try Sluice.parseAsRoot("session list \(options)".split(separator: " ").map(String.init))
        }
        #expect(Sluice.fullMessage(for: error ?? ExitCode.failure).contains(hint))
    }

    @Test("RST-5 session reset requires an id, a filter or --all")
    func reset() throws {
        let byID: SessionReset = try parse("session reset 1a-7 46-7")
        #expect(byID.ids == [SessionIdentifier(slot: 26, generation: 7), SessionIdentifier(slot: 70, generation: 7)])
        let byFilter: SessionReset = try parse("session reset --port 22 --dry-run")
        #expect(byFilter.filter.filter == SessionFilter(port: 22))
        #expect(byFilter.dryRun)
        for line in [
            "session reset", "session reset --dry-run", "session reset 1a-7 --all", "session reset --all --port 2",
            "session reset 1a-7 --port 2", "session reset nonsense",
        ] {
            #expect(throws: (any Error).self, "\(line)") {
                try Sluice.parseAsRoot(line.split(separator: " ").map(String.init))
            }
        }
    }

    @Test("the demo shows one part on request, and keeps only the lab of that part")
    func demo() throws {
        let whole: Demo = try parse("demo")
        #expect(whole.only == nil && whole.timeScale == 60 && whole.fleetTimeScale == 15)
        let fleet: Demo = try parse("demo --only fleet --fleet-time-scale 10")
        #expect(fleet.only == .fleet && fleet.fleetTimeScale == 10)
        for line in ["demo --only nothing", "demo --only fleet --keep", "demo --fleet-time-scale 4"] {
            #expect(throws: (any Error).self, "\(line)") {
                try Sluice.parseAsRoot(line.split(separator: " ").map(String.init))
            }
        }
    }

    @Test("NSG-7 policy explain takes protocol, source, destination and zone")
    func explain() throws {
        let command: PolicyExplain = try parse(
            "policy explain --protocol tcp --source 10.1.0.10 --source-port 5 --destination 203.0.113.10 --destination-port 443 "
                + "--zone client")
        let question = command.question
        #expect(question.ipProtocol == 6)
        #expect(question.source.description == "10.1.0.10")
        #expect(question.sourcePort == 5)
        #expect(question.destinationPort == 443)
        #expect(command.zone == "client")
        let short: PolicyExplain = try parse(
            "policy explain --protocol udp --source ::1 --destination ::2 --destination-port 53")
        #expect(short.question.sourcePort == PolicyExplain.anySourcePort)
        for line in [
            "policy explain --protocol tcp --source 10.0.0.1 --destination 10.0.0.2",
            "policy explain --protocol icmp --source 10.0.0.1 --destination ::2",
            "policy explain --protocol icmp --source 10.0.0.0/8 --destination 10.0.0.1",
        ] {
            #expect(throws: (any Error).self, "\(line)") {
                try Sluice.parseAsRoot(line.split(separator: " ").map(String.init))
            }
        }
    }

    @Test("lab exec takes a zone, and a command after --")
    func labExec() throws {
        let command: LabExec = try parse("lab exec --name x internet -- nc -l -p 80")
        #expect(command.zone == .internet)
        #expect(command.command == ["nc", "-l", "-p", "80"])
        #expect(command.lab.name == "x")
        let shell: LabExec = try parse("lab exec gw")
        #expect(shell.zone == .gateway)
        #expect(shell.command.isEmpty)
    }
}

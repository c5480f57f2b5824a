import Glibc
import Lab
import Testing

/// The capabilities that `sluice run` needs by docs/reference/requirements.md, as `setpriv` of util-linux writes them.
private let listed = ["bpf", "net_admin", "net_raw", "perfmon"]
/// Their bits: capabilities(7).
private let listedMask: UInt64 = 1 << 39 | 1 << 12 | 1 << 13 | 1 << 38
/// A user without a name, and root.
private let users: [uid_t] = [65533, 0]

extension LabTests {
    @Test(
        "BAD-6 PKG-2 PKG-3 the listed capabilities are enough to run, reset, survive kill -9, be upgraded and clean up",
        arguments: users)
    func justThose(user: uid_t) async throws {
        try await withLab { lab in
            let machine = try await PreparedMachine(lab, user: user)
            let before = try await machine.remains()
            let command = try machine.sluice(listed)
            let configuration = lab.configuration(
                timeScale: idleScale, extra: "continuity: preserve\nguardOnStop: remove")
            let gateway = try await lab.startGateway(configuration: configuration, binary: command)
            do {
                let instance = try #require(machine.instances().first)
                for process in [gateway.process.identifier, instance] {
                    #expect(status(of: process, "CapEff") == String(listedMask, radix: 16).leftPadded(to: 16))
                    #expect(status(of: process, "Uid")?.hasPrefix("\(user)\t") == true)
                }
                // Traffic, then a reset to both ends of the idle session.
                let server = try await lab.listener(in: .internet, port: 8000, "--echo")
                let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8000)
                try await client.waitFor("connected", within: .seconds(10))
                client.perform("send 100")
                try await client.waitFor("data", within: .seconds(5))
                try await client.waitFor("error", within: northSouthIdle + patience)
                try await server.waitFor("error", within: patience)
                #expect(client.errors == ["ECONNRESET"] && server.errors == ["ECONNRESET"])

                // The controller replaces an instance.
                #expect(kill(instance, SIGKILL) == 0)
                let isReplaced = await eventually(within: .seconds(10)) {
                    machine.instances().contains { $0 != instance }
                }
                #expect(isReplaced)
                // Another controller takes over the gateway.
                gateway.process.send(signal: SIGKILL)
                _ = await gateway.process.waitForExit(within: .seconds(5))
                let next = try await lab.startGateway(configuration: configuration, binary: command)
                try await next.process.waitForText("took over", within: .seconds(10))
                let again = try lab.connector(in: .client, to: LabZone.internet.address, port: 8000)
                try await again.waitFor("connected", within: .seconds(10))
                again.perform("send 100")
                try await again.waitFor("data", within: .seconds(5))
                // A controller of another version detects the program of the instances, and renews them in place.
                let earlier = machine.instances()
                let other = try await machine.otherVersion()
                next.process.send(signal: SIGUSR2)
                #expect(await next.process.waitForExit(within: .seconds(10)) == .code(0))
                let last = try await lab.startGateway(
                    configuration: configuration, binary: try machine.sluice(listed, binary: other))
                let isRenewed = await eventually(within: .seconds(15)) {
                    let all = machine.instances()
                    return all.count == 2 && all.allSatisfy { realPath("/proc/\($0)/exe") == other }
                }
                #expect(isRenewed, "\(earlier) \(machine.instances()) \(last.process.allOutput)")
                try await last.process.waitForText("the kernel program is this version's already", within: .seconds(20))
                let third = try lab.connector(in: .client, to: LabZone.internet.address, port: 8000)
                try await third.waitFor("connected", within: .seconds(10))
                third.perform("send 100")
                try await third.waitFor("data", within: .seconds(5))
                #expect(await last.stop() == .code(0), "\(last.process.allOutput)")
                #expect(try await machine.remains() == before)
            } catch {
                Issue.record("the gateway said: \(gateway.process.allOutput)")
                throw error
            }
        }
    }

    @Test(
        "API-1 BAD-6 PKG-2 a gateway that a user other than root runs serves the HTTP API, which may change the gateway"
    )
    func servesTheAPI() async throws {
        try await withLab { lab in
            let machine = try await PreparedMachine(lab, user: users[0])
            let gateway = try await lab.startGateway(
                configuration: lab.configuration(extra: "api: { listen: 127.0.0.1:8686 }"),
                binary: try machine.sluice(listed))
            func ask(_ arguments: String...) async throws -> CommandResult {
                try await lab.execute(
                    in: .gateway, ["curl", "-sS", "-m", "10", "--retry", "20", "--retry-connrefused"] + arguments)
            }
            let base = "http://127.0.0.1:8686"
            let answer = try await ask("\(base)/v1/status").required()
            #expect(answer.output.contains("\"gateway\" : \"\(lab.name)\""), "\(answer.allOutput)")
            #expect(try await ask("\(base)/readyz").required().output.contains("\"ready\" : true"))
            let process = try #require(
                lab.processes(in: .gateway).first { arguments(of: $0).hasPrefix("sluice-api\0serve\0") })
            #expect(status(of: process, "Uid")?.hasPrefix("\(users[0])\t") == true)
            for set in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
                #expect(status(of: process, set).flatMap { UInt64($0, radix: 16) } == 0, "\(set)")
            }
            let token = try await machine.execute(["cat", "\(lab.directory)/state/\(lab.name)/admin.token"]).required()
            let change = try await ask(
                "-X", "PUT", "-H", "Authorization: Bearer \(token.output.prefix { $0 != "\n" })", "-H",
                "Content-Type: application/json", "-d", "{\"instances\":3}", "\(base)/v1/fleet/scale")
            #expect(change.output.contains("3 instances are to serve"), "\(change.allOutput)")
            #expect(await gateway.stop() == .code(0), "\(gateway.process.allOutput)")
        }
    }

    @Test(
        "BAD-6 if one of the capabilities is missing, run and doctor name it, and run leaves nothing behind",
        arguments: listed,
        users)
    func oneMissing(name: String, user: uid_t) async throws {
        try await withLab { lab in
            let machine = try await PreparedMachine(lab, user: user)
            let path = try lab.write(lab.configuration(), to: "sluice.yaml", mode: 0o644)
            let before = try await machine.remains()
            let command = try machine.sluice(listed.filter { $0 != name })
            let result = try await lab.execute(in: .gateway, [command, "run", "--config", path])
            #expect(!result.succeeded && !result.output.contains("ready"))
            #expect(result.errors.contains("lacks CAP_\(name.uppercased()):"), "\(result.allOutput)")
            #expect(try await machine.remains() == before)
            let doctor = try await lab.execute(in: .gateway, [command, "doctor"])
            #expect(!doctor.succeeded && doctor.output.contains("missing CAP_\(name.uppercased())\n"))
        }
    }

    @Test(
        "BAD-6 PKG-2 with only the listed capabilities doctor finds nothing missing",
        arguments: users)
    func doctor(user: uid_t) async throws {
        try await withLab { lab in
            let machine = try await PreparedMachine(lab, user: user)
            let path = try lab.write(lab.configuration(), to: "sluice.yaml", mode: 0o644)
            let result = try await lab.execute(
                in: .gateway, [try machine.sluice(listed), "doctor", "--config", path], within: .seconds(60))
            #expect(result.succeeded, "\(result.allOutput)")
        }
    }

    @Test(
        "BAD-6 PKG-2 a directory that a user other than root can't write is named, with the command that prepares it",
        arguments: ["/run/sluice", "/sys/fs/bpf/sluice", "state"])
    func unprepared(directory: String) async throws {
        try await withLab { lab in
            let path = directory == "state" ? "\(lab.directory)/state" : directory
            let machine = try await PreparedMachine(lab, user: users[0], except: [path])
            let file = try lab.write(lab.configuration(), to: "sluice.yaml", mode: 0o644)
            let before = try await machine.remains()
            let command = try machine.sluice(listed)
            let result = try await lab.execute(in: .gateway, [command, "run", "--config", file])
            let remedy = "install -d -o \(users[0]) -m 0700 \(path)"
            #expect(!result.succeeded && result.errors.contains("'\(remedy)'"), "\(result.allOutput)")
            #expect(try await machine.remains() == before)
            let doctor = try await lab.execute(
                in: .gateway, [command, "doctor", "--config", file], within: .seconds(60))
            #expect(!doctor.succeeded && doctor.output.contains("'\(remedy)'"), "\(doctor.allOutput)")
            // The named command helps.
            try await machine.execute(remedy.split(separator: " ").map { String($0) }).required()
            let gateway = try await lab.startGateway(configuration: lab.configuration(), binary: command)
            #expect(await gateway.stop() == .code(0))
        }
    }

    @Test("BAD-6 with CAP_DAC_OVERRIDE in addition, a user other than root needs no directories of its own")
    func rootsDirectories() async throws {
        try await withLab { lab in
            let machine = try await PreparedMachine(lab, user: users[0], except: PreparedMachine.directories(lab))
            let before = try await machine.remains()
            let command = try machine.sluice(listed + ["dac_override"])
            let gateway = try await lab.startGateway(
                configuration: lab.configuration(extra: "guardOnStop: remove"), binary: command)
            #expect(await gateway.stop() == .code(0))
            #expect(try await machine.remains() == before)
        }
    }

    @Test(
        "BAD-6 PKG-2 if bpffs is not mounted, and can't be, run and doctor name the command that mounts it",
        arguments: users)
    func notMounted(user: uid_t) async throws {
        try await withLab { lab in
            let machine = try await PreparedMachine(lab, user: user)
            let file = try lab.write(lab.configuration(), to: "sluice.yaml", mode: 0o644)
            // The machine's own bpffs is mounted beneath.
            try await machine.execute(["sh", "-c", "while umount /sys/fs/bpf; do :; done; true"]).required()
            let command = try machine.sluice(listed)
            for arguments in [["run", "--config", file], ["doctor"]] {
                let result = try await lab.execute(in: .gateway, [command] + arguments, within: .seconds(60))
                #expect(!result.succeeded)
                #expect(result.allOutput.contains("'mount -t bpf bpf /sys/fs/bpf'"), "\(result.allOutput)")
            }
        }
    }
}

/// A mount namespace with a bpffs and a run directory of its own, which an administrator has prepared for a user.
private struct PreparedMachine {
    let lab: Lab
    let user: uid_t
    /// A path where every user may run it.
    private let binary: String
    private let holder: ChildProcess

    static func directories(_ lab: Lab) -> [String] {
        ["/run/sluice", "/sys/fs/bpf/sluice", "\(lab.directory)/state"]
    }

    /// - Parameter except: the directories that are not prepared.
    init(_ lab: Lab, user: uid_t, except: [String] = []) async throws {
        self.lab = lab
        self.user = user
        binary = "\(lab.directory)/sluice"
        let prepare = Self.directories(lab).filter { !except.contains($0) }.map {
            "install -d -o \(user) -m 0700 \($0)"
        }
        let folder = try SluiceBinary.path().dropLast("/sluice".count)
        let script = """
            set -e
            for program in sluice sluice-api; do
                ln \(folder)/$program \(lab.directory)/$program || cp \(folder)/$program \(lab.directory)/$program
            done
            mkdir -p /run/sluice
            mount -t tmpfs -o mode=0755 tmpfs /run/sluice
            mount -t bpf -o mode=0711 bpf /sys/fs/bpf
            \(prepare.joined(separator: "\n"))
            echo prepared
            exec sleep 600
            """
        holder = try lab.spawn(in: .gateway, ["unshare", "--mount", "--propagation", "private", "sh", "-c", script])
        try await holder.waitForText("prepared", within: .seconds(10))
    }

    private var entering: [String] { ["nsenter", "--mount=/proc/\(holder.identifier)/ns/mnt", "--wd=/"] }

    /// Runs a command there as root, with all capabilities.
    func execute(_ command: [String]) async throws -> CommandResult {
        try await lab.execute(in: .gateway, entering + command)
    }

    /// Path of a script that runs `sluice` there, as the user, with only these capabilities.
    func sluice(_ names: [String], binary: String? = nil) throws -> String {
        let list = (["-all"] + names.map { "+" + $0 }).joined(separator: ",")
        let privileges = [
            "setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--inh-caps=\(list)",
            "--ambient-caps=\(list)", "--bounding-set=\(list)",
        ]
        let command = (entering + privileges + [binary ?? self.binary]).joined(separator: " ")
        let script = "#!/bin/sh\nchmod -f a+r \(lab.directory)/sluice.yaml\nexec \(command) \"$@\"\n"
        return try lab.write(script, to: "sluice-as-user", mode: 0o755)
    }

    /// Path of another file with the same program.
    func otherVersion() async throws -> String {
        let path = "\(lab.directory)/version-2"
        try await execute(["cp", binary, path]).required()
        return path
    }

    func instances() -> [pid_t] {
        lab.processes(in: .gateway).filter { arguments(of: $0).hasPrefix("sluice\0instance-process\0") }
    }

    /// What a gateway could leave behind: programs on interfaces, pins, the guard, forwarding, files, processes.
    func remains() async throws -> String {
        var text = ""
        // Root also removes the directory of all pins.
        let look = """
            find /sys/fs/bpf /run/sluice -mindepth 1 ! -path /sys/fs/bpf/sluice
            nft list tables
            sysctl -e net.ipv4.ip_forward net.ipv6.conf.all.forwarding
            """
        text += try await execute(["sh", "-c", look]).required().output
        for zone in LabZone.allCases {
            text += try await execute([try SluiceBinary.path(), "release", zone.gatewayInterface]).required().output
        }
        return text + "\(instances())"
    }
}

/// The command line of a process, each word ended by a zero: proc(5).
private func arguments(of process: pid_t) -> String {
    let descriptor = open("/proc/\(process)/cmdline", O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = max(0, read(descriptor, &bytes, bytes.count))
    return String(decoding: bytes[..<count], as: UTF8.self)
}

/// A line of a process's status: proc(5).
private func status(of process: pid_t, _ name: String) -> String? {
    let file = fopen("/proc/\(process)/status", "r")
    guard let file else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix("\(name):\t") { return String(text.dropFirst(name.count + 2)) }
    }
    return nil
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: "0", count: max(0, width - count)) + self
    }
}

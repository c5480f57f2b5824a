package import Glibc

/// `sluice run` in the lab's gateway.
package final class LabGateway: Sendable {
    package let lab: Lab
    /// The controller.
    package let process: ChildProcess
    /// Path of its configuration. To change it, write the file and reload.
    package let configurationPath: String
    /// Path of the running binary.
    package let binary: String

    fileprivate init(lab: Lab, process: ChildProcess, configurationPath: String, binary: String) {
        self.lab = lab
        self.process = process
        self.configurationPath = configurationPath
        self.binary = binary
    }

    /// Runs another command of sluice for this gateway: `sluice session list --json --gateway NAME`. The name is needed
    /// because the machine may have other gateways.
    package func command(
        _ arguments: String..., within limit: Duration = .seconds(30)
    ) async throws(LabError) -> CommandResult {
        try await lab.execute(in: .gateway, [binary] + arguments + ["--gateway", lab.name], within: limit)
    }

    /// Replaces the configuration file, and reloads it.
    package func reload(_ configuration: String) async throws(LabError) {
        try writeFile(configuration, to: configurationPath, mode: 0o600)
        try await command("reload").required()
    }

    /// Ends it as an operator does, with SIGTERM. Returns its exit, or nil if it does not end within `limit`.
    @discardableResult
    package func stop(within limit: Duration = .seconds(15)) async -> ChildProcess.Exit? {
        process.send(signal: SIGTERM)
        return await process.waitForExit(within: limit)
    }

    /// All processes of this binary on the gateway: the controller and its instances.
    package var processes: [pid_t] {
        lab.processes(in: .gateway).filter { realPath("/proc/\($0)/exe") == realPath(binary) }
    }

    /// Sends SIGKILL to the controller and its instances, and returns when none is left.
    package func killAll() async throws(LabError) {
        var remaining = processes
        let gone = await eventually(within: .seconds(10)) {
            for process in remaining {
                _ = kill(process, SIGKILL)
            }
            _ = self.process.exit
            remaining = self.processes
            return remaining.isEmpty
        }
        guard gone else { throw .leftBehind("processes \(remaining) of the gateway \(lab.name)") }
    }
}

extension Lab {
    /// Starts `sluice run` on the gateway, and returns when it is ready.
    package func startGateway(
        configuration: String, binary: String? = nil, environment: [String: String] = [:],
        within limit: Duration = .seconds(30)
    ) async throws(LabError) -> LabGateway {
        let program: String
        if let binary {
            program = binary
        } else {
            program = try SluiceBinary.path()
        }
        let path = try write(configuration, to: "sluice.yaml")
        let process = try spawn(in: .gateway, [program, "run", "--config", path], environment: environment)
        let isReady = {
            process.standardOutput.split(separator: "\n").contains { $0 == "ready" || $0.hasPrefix("ready ") }
        }
        _ = await eventually(within: limit) { isReady() || !process.isRunning }
        if let exit = process.exit {
            throw .failed(command: process.command, status: "\(exit)", output: process.allOutput)
        }
        guard isReady() else {
            await process.terminate()
            throw .timedOut(
                waitingFor: "'ready' from '\(process.command)'", seconds: Patience.seconds(limit),
                seen: process.allOutput)
        }
        return LabGateway(lab: self, process: process, configurationPath: path, binary: program)
    }
}

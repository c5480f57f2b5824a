import Lab
import Testing

extension LabTests {
    /// What `setpriv` of util-linux needs to leave a command with just these capabilities.
    private func capabilities(_ names: [String]) -> [String] {
        let list = (["-all"] + names.map { "+" + $0 }).joined(separator: ",")
        return ["--inh-caps=\(list)", "--ambient-caps=\(list)", "--bounding-set=\(list)"]
    }

    @Test(
        "BAD-6 without one of the capabilities, run names it and leaves nothing, even as uid 0",
        arguments: ["sys_admin", "net_admin", "net_raw"])
    func oneMissing(name: String) async throws {
        try await withLab { lab in
            let path = try lab.write(lab.configuration(), to: "sluice.yaml")
            let others = ["net_admin", "net_raw", "sys_admin", "bpf", "perfmon", "dac_override"].filter { $0 != name }
            let result = try await lab.execute(
                in: .gateway, ["setpriv"] + capabilities(others) + [try SluiceBinary.path(), "run", "--config", path])
            #expect(!result.succeeded)
            #expect(result.errors.contains("CAP_\(name.uppercased())"), "\(result.everythingSaid)")
            #expect(!result.output.contains("ready"))
            let next = try await lab.startGateway(configuration: lab.configuration())
            #expect(await next.stop() == .code(0))
        }
    }
}

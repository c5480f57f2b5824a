import Glibc
import Testing

@testable import Kernel

@Suite("What the machine must have")
struct MachineCheckTests {
    @Test("BAD-6 this machine has all of it, and the trial leaves nothing behind", .onTheKernel)
    func everythingThere() throws {
        let findings = MachineCheck.findings(capacitySessions: 1000, interfaces: ["lo"])
        for finding in findings { #expect(finding.isMet, "\(finding)") }
        #expect(findings.count == 14)
        #expect(!Datapath.exists(gateway: "doctor"))
        #expect(!Guard.isInstalled(gateway: "doctor"))
    }

    @Test("BAD-6 what is missing is told with what was found and a remedy")
    func missing() throws {
        let findings = MachineCheck.findings(capacitySessions: 0, interfaces: ["nowhere0"])
        let memory = try #require(findings.first { $0.requirement == "memory" })
        #expect(!memory.isMet && memory.found.contains("between 1 and") && memory.remedy != nil)
        let interface = try #require(findings.first { $0.requirement == "interface nowhere0" })
        #expect(!interface.isMet && interface.found.contains("does not exist"))
    }

    @Test(
        "BAD-6 a kernel older than 6.1 is too old",
        arguments: [
            ("6.1.0-18-amd64", true), ("6.18.44", true), ("7.0-rc1", true), ("6.0.12", false), ("5.15.0-1", false),
            ("5.99", false), ("", false), ("unknown", false),
        ])
    func kernelVersion(release: String, isNewEnough: Bool) {
        #expect(MachineCheck.isNewEnough(release: release) == isNewEnough)
    }

    @Test("BAD-6 missing capabilities are named")
    func capabilities() {
        #expect(MachineCheck.missingCapabilities(effective: 0x1FF_FFFF_FFFF).isEmpty)
        #expect(MachineCheck.missingCapabilities(effective: ~(1 << 13)) == ["CAP_NET_RAW"])
        #expect(MachineCheck.missingCapabilities(effective: 0).count == 5)
    }

    @Test("errors tell the cause and what to do")
    func errors() {
        let noMemory = KernelError.refused(action: "loading it", errorNumber: ENOMEM, log: "libbpf: x\n")
        #expect("\(noMemory)".contains("lower capacity.sessions") && "\(noMemory)".hasSuffix("libbpf: x"))
        let notPermitted = KernelError.call(action: "opening a raw socket", errorNumber: EPERM, remedy: nil)
        #expect("\(notPermitted)".contains("run it as root"))
    }
}

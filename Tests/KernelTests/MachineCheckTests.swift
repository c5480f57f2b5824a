import Glibc
import Testing

@testable import Kernel

@Suite("Machine requirements")
struct MachineCheckTests {
    @Test("BAD-6 this machine meets all requirements, and the check leaves nothing behind", .onTheKernel)
    func everythingThere() throws {
        let findings = MachineCheck.findings(capacitySessions: 1000, interfaces: ["lo"])
        for finding in findings { #expect(finding.isMet, "\(finding)") }
        #expect(findings.count == 18)
        #expect(!Datapath.exists(gateway: "doctor"))
        #expect(!Guard.isInstalled(gateway: "doctor"))
    }

    @Test("IDLE-1 the clock offset of a time namespace is read, so that the clock can equal the machine's")
    func timeNamespace() {
        #expect(
            MonotonicClock.offset(in: "monotonic      100000         5\nboottime            7         0\n")
                == 100_000_000_000_005)
        #expect(MonotonicClock.offset(in: "boottime 7 0\nmonotonic -3 500000000\n") == -2_500_000_000)
        #expect(MonotonicClock.offset(in: "") == 0)
        #expect(MonotonicClock.offset(in: "monotonic 0 0\n") == 0)
    }

    @Test("OPS-2 the number of frames that interfaces have received is read from the kernel's counters")
    func receivedFrames() {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:  123456      17    0    0    0     0          0         0   123456      17    0    0    0     0       0          0
              eth0: 9999999   65537    0    0    0     0          0         0   123456     100    0    0    0     0       0          0
            eth0.100:     10       3    0    0    0     0          0         0   123456     100    0    0    0     0       0          0
            """
        #expect(ReceivedFrames.total(["eth0"], in: text) == 65537)
        #expect(ReceivedFrames.total(["eth0", "eth0.100", "nowhere"], in: text) == 65540)
    }

    @Test("BAD-6 a missing requirement is reported with what was found and a remedy")
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
        #expect(Capability.missing(in: 0x1FF_FFFF_FFFF).isEmpty)
        #expect(Capability.missing(in: ~(1 << 13)).map(\.name) == ["CAP_NET_RAW"])
        #expect(Capability.missing(in: 0) == Capability.needed)
        // Exactly the required ones. CAP_SYS_ADMIN includes CAP_BPF and CAP_PERFMON.
        #expect(Capability.missing(in: 1 << 12 | 1 << 13 | 1 << 38 | 1 << 39).isEmpty)
        #expect(Capability.missing(in: 1 << 12 | 1 << 13 | 1 << 21).isEmpty)
        #expect(Capability.missing(in: 1 << 12 | 1 << 13 | 1 << 39) == [.performance])
    }

    @Test("errors show the cause and what to do")
    func errors() {
        let noMemory = KernelError.refused(action: "loading it", errorNumber: ENOMEM, log: "libbpf: x\n")
        #expect("\(noMemory)".contains("lower capacity.sessions") && "\(noMemory)".hasSuffix("libbpf: x"))
        let notPermitted = KernelError.call(action: "opening a raw socket", errorNumber: EPERM, remedy: nil)
        #expect("\(notPermitted)".contains("run it as root"))
    }
}

import Testing

@testable import Kernel

@Suite("Optional kernel features")
struct KernelFeatureTests {
    @Test("PKG-5 Linux release strings are parsed, and compared by number")
    func releases() throws {
        #expect(KernelRelease("6.1.0-18-amd64") == KernelRelease(6, 1))
        #expect(KernelRelease("7.0-rc1") == KernelRelease(7, 0))
        #expect(try #require(KernelRelease("6.10.3")) > KernelRelease(6, 9))
        #expect(KernelRelease("six") == nil && KernelRelease("") == nil && KernelRelease("6") == nil)
    }

    @Test("PKG-5 a feature that an older kernel lacks is reported with its fallback, and is not an error")
    func older() throws {
        for feature in KernelFeature.all {
            #expect(feature.since > MachineCheck.oldestKernel, "\(feature.name): every kernel that is supported has it")
            let old = feature.finding(on: MachineCheck.oldestKernel)
            #expect(old.isMet && old.found.contains("not available") && old.found.contains(feature.instead))
            #expect(feature.finding(on: feature.since).found == "available")
        }
    }

    @Test("PKG-5 doctor has a row for each feature, for BTF, and for the verifier's cost", .onTheKernel)
    func rows() throws {
        let findings = MachineCheck.findings(capacitySessions: 1000)
        for name in KernelFeature.all.map(\.name) + ["BTF"] {
            #expect(findings.contains { $0.requirement == name && $0.isMet }, "no row for \(name)")
        }
        let program = try #require(findings.first { $0.requirement == "kernel program" })
        #expect(program.found.contains("instructions"), "\(program)")
    }

    @Test("PKG-5 doctor's row for tcx agrees with the kernel", .onTheKernel)
    func express() throws {
        let release = try #require(KernelRelease(MachineCheck.release))
        let tcx = try #require(KernelFeature.all.first { $0.name == "tcx" })
        #expect(TrafficControlExpress.isSupported(interfaceIndex: 1) == (release >= tcx.since))
    }
}

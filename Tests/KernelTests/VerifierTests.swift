import Foundation
import KernelObject
import Testing

@testable import Kernel

@Suite("The verifier")
struct VerifierTests {
    /// The row of the highest version that is not above the running kernel's.
    private func budget() throws -> Int {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../KernelMatrix/budget")
        let running = try #require(KernelRelease(MachineCheck.release))
        var best: (release: KernelRelease, instructions: Int)?
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            let release = try #require(KernelRelease(String(words[0])), "budget: \(line)")
            let instructions = try #require(Int(words[1]), "budget: \(line)")
            if release <= running, release >= best?.release ?? release { best = (release, instructions) }
        }
        return try #require(best, "Tests/KernelMatrix/budget has no row for Linux \(running)").instructions
    }

    @Test("PKG-5 the verifier's cost on the running kernel is within the budget", .onTheKernel)
    func cost() throws {
        let datapath = try Datapath.load(gateway: "verifier", capacitySessions: 64, pinned: false)
        let cost = try #require(datapath.verifierCosts[ProgramName.ingress])
        let budget = try budget()
        print("verifier: \(cost.instructions) instructions of \(budget), \(cost.microseconds / 1000) ms")
        #expect(cost.instructions > 10_000)
        #expect(
            cost.instructions <= budget,
            "the verifier walks \(cost.instructions) instructions, Tests/KernelMatrix/budget allows \(budget)")
    }

    @Test("PKG-5 a gateway loads the programs that it needs, and no more", .onTheKernel)
    func onlyWhatIsNeeded() throws {
        let datapath = try Datapath.load(gateway: "verifier", capacitySessions: 64, pinned: false)
        let needed: Set = ["sluice_explain", "sluice_send", "sluice_ingress"]
        #expect(Set(datapath.programNames) == needed)
        #expect(Set(datapath.verifierCosts.keys) == needed)
    }

    @Test("PKG-5 a program that the kernel refuses is tried once, and the verifier's reason is reported", .onTheKernel)
    func refusal() throws {
        // The first instruction of sluice_ingress reads a register that was never written: R9.
        var object = KernelObject.bytes
        let position = try #require(CallChain(object: object).positions[ProgramName.ingress])
        object.replaceSubrange(position..<position + 8, with: [0xBF, 0x90, 0, 0, 0, 0, 0, 0])
        var refusal: KernelError?
        do throws(KernelError) {
            _ = try ObjectLoader.load(object: object, programs: [ProgramName.ingress], mapCapacities: [:])
        } catch { refusal = error }
        guard case .refused(_, _, let log) = try #require(refusal) else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        // Once: the verifier logs a line of statistics for each attempt.
        #expect(log.split(separator: "\n").count { $0.hasPrefix("processed ") } == 1, "\(log)")
        #expect(log.contains("R9 !read_ok"), "\(log)")
    }

    @Test("PKG-5 statistics of the verifier are read; a log without them has none")
    func reading() {
        let log = """
            verification time 2971233 usec
            stack depth 128+152
            processed 126889 insns (limit 1000000) max_states_per_insn 33 total_states 5151 peak_states 1786 mark_read 0
            """
        #expect(VerifierCost(log: log)?.instructions == 126_889)
        #expect(VerifierCost(log: log)?.microseconds == 2_971_233)
        #expect(VerifierCost(log: "R1 invalid mem access") == nil)
        #expect(VerifierCost(log: "") == nil)
    }
}

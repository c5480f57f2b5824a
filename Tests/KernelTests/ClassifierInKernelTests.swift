import FlowCore
import FlowLayout
import Glibc
import Kernel
import Testing

@testable import Policy

@Suite("Classifier in the kernel", .serialized)
struct ClassifierInKernelTests {
    @Test("NSG-7 the kernel's answers to explain equal the process's: 120,000 random questions")
    func agreesWithProcess() throws {
        let seed = SeededGenerator.seedOfThisRun("agreesWithProcess")
        var random = RandomPolicies(seed: seed)
        let gateway = "classifier-\(getpid())"
        let datapath = try Datapath.load(gateway: gateway, capacitySessions: 64)
        defer { try? datapath.unpin() }
        var matched = 0
        for policy in 0..<60 {
            let configuration = random.configuration()
            let subject = RandomPolicies.Subject(configuration)
            let image = try CompiledPolicy(configuration).image
            // The image is written to the inactive half, which then becomes active (NSG-8).
            let next = 1 - datapath.table.runtime.pointee.activePolicy
            image.write(to: datapath.policyMemory(Int(next)))
            datapath.table.runtime.pointee.activePolicy = next
            for _ in 0..<2000 {
                let question = random.question(for: subject)
                let answer = try datapath.classify(question)
                let expected = image.classify(question)
                guard answer.text == expected.text else {
                    Issue.record("seed \(seed) policy \(policy):\n\(answer.text), expected\n\(expected.text)")
                    return
                }
                if answer.rule != 0 { matched += 1 }
            }
        }
        #expect(matched > 30_000)
    }

    @Test("BAD-5 the kernel denies everything before the first policy")
    func zeros() throws {
        let datapath = try Datapath.load(gateway: "classifier-zero-\(getpid())", capacitySessions: 64)
        defer { try? datapath.unpin() }
        var question = sluice_classification()
        question.family = 4
        question.protocol = 6
        question.allowed = 1
        let answer = try datapath.classify(question)
        #expect(answer.allowed == 0)
        #expect(answer.ruleIndex == 0xFFFF)
    }
}

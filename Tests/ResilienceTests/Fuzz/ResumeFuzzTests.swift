import Foundation
import Lab
import Testing

/// libFuzzer over the corpus of the repository, and for some thousand runs more.
@Suite("Resume fuzzing")
struct ResumeFuzzTests {
    @Test("RESUME-3 decoders and StreamEnd agree with a model of the document for any input: Tests/Fuzz/resume")
    func corpus() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path()
        let child = try ChildProcess(["\(root)Tests/Fuzz/resume", "--runs", "50000"])
        let result = try await child.result(within: .seconds(180))
        #expect(result.succeeded, "\(result.allOutput)")
        #expect(result.output.contains("stat::number_of_executed_units: 50"), "\(result.allOutput)")
    }
}

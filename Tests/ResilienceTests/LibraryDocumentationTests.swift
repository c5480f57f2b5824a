import Foundation
import Lab
import TestSupport
import Testing

/// The DocC documentation of the library product.
@Suite("Documentation of the library", .timeLimit(.minutes(2)))
struct LibraryDocumentationTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/library").standardized.path()

    @Test("RESUME-1 docc converts both modules without a warning, and has their pages")
    func converts() async throws {
        let folder = TemporaryDirectory()
        let child = try ChildProcess(["sh", Self.script, folder.path])
        let result = try await child.result(within: .seconds(100))
        #expect(result.succeeded, "\(result.allOutput)")
        for page in [
            "SluiceResilience.doccarchive/data/documentation/sluiceresilience/choosingapolicy.json",
            "SluiceResilience.doccarchive/data/documentation/sluiceresilience/retrypolicy.json",
            "SluiceResilienceNIO.doccarchive/data/documentation/sluiceresiliencenio/reconnectingchannel.json",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(folder.path)/\(page)"), "\(page) is missing")
        }
    }
}

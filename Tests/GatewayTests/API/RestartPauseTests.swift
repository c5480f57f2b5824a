import Testing

@testable import Gateway

@Suite struct RestartPauseTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("API-1 a process that ends repeatedly is restarted after 1, 2, 4 … 60 s; one that ran long, after 1 s")
    func pauses() {
        var pause = RestartPause()
        let pauses = (0..<8).map { _ in pause.ended(afterNanoseconds: 3 * Self.second) / Self.second }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60])
        #expect(pause.ended(afterNanoseconds: 59 * Self.second) == 60 * Self.second)
        #expect(pause.ended(afterNanoseconds: 60 * Self.second) == Self.second)
        #expect(pause.ended(afterNanoseconds: 0) == 2 * Self.second)
    }
}

/// Asks again and again until `condition` holds or `limit` has passed, by this machine's ``Patience``; false in the latter case. The
/// condition is asked a last time at the deadline, so that a slow machine gets a fair answer.
package func eventually(
    within limit: Duration, every interval: Duration = .milliseconds(10), _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + Patience.scaled(limit)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        // A cancelled task no longer sleeps: it gets its answer at once instead of spinning.
        if Task.isCancelled { break }
        try? await Task.sleep(for: interval)
    }
    return try await condition()
}

extension Duration {
    /// As a number, for messages and arithmetic.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

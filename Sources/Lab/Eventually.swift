/// Checks `condition` repeatedly until it holds or `limit`, scaled by this machine's ``Patience``, has passed; returns
/// false in that case. The condition is checked a last time at the deadline, so that a slow machine gets a fair result.
package func eventually(
    within limit: Duration, every interval: Duration = .milliseconds(10), _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + Patience.scaled(limit)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        // A cancelled task can't sleep: return at once instead of spinning.
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

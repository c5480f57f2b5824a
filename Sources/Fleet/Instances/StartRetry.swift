/// Delays the next start after a failed one: by 1 s, doubled after each failure, up to half a minute.
struct StartRetry: Hashable, Sendable {
    private var failures = 0
    private(set) var notBefore: UInt64 = 0

    mutating func failed(times: RecoveryTimes, now: UInt64) {
        let delay = times.retryDelay << UInt64(min(failures, 16))
        notBefore = now + min(delay, times.longestRetryDelay)
        failures += 1
    }

    mutating func succeeded() { self = StartRetry() }
}

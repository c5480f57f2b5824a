import Synchronization

/// Limits the request rate of each client with a token bucket (API-5).
final class RequestRate: Sendable {
    /// Maximum number of clients with a bucket. Beyond it, the clients with the fewest recent requests are removed.
    private static let mostClients = 4096

    private struct Bucket {
        var requests: Double
        /// Nanoseconds of the caller's clock.
        var filledAt: UInt64
    }

    private let perSecond: Double
    private let buckets = Mutex<[String: Bucket]>([:])

    init(perSecond: Int) { self.perSecond = Double(perSecond) }

    /// Takes one request of a client. Returns nil if it is allowed, or how many seconds the client must wait.
    func take(_ client: String, now: UInt64) -> Int? {
        let capacity = perSecond * 2
        return buckets.withLock { buckets in
            var bucket = buckets[client] ?? Bucket(requests: capacity, filledAt: now)
            let seconds = Double(now &- bucket.filledAt) / 1e9
            bucket.requests = min(capacity, bucket.requests + seconds * perSecond)
            bucket.filledAt = now
            let isGranted = bucket.requests >= 1
            if isGranted { bucket.requests -= 1 }
            if buckets[client] == nil, buckets.count >= Self.mostClients { Self.forget(&buckets, capacity, now) }
            buckets[client] = bucket
            return isGranted ? nil : max(1, Int(((1 - bucket.requests) / perSecond).rounded(.up)))
        }
    }

    /// Full buckets are removed, because they hold no information. If there are none, all are removed.
    private static func forget(_ buckets: inout [String: Bucket], _ capacity: Double, _ now: UInt64) {
        let before = buckets.count
        buckets = buckets.filter { $0.value.requests < capacity - 1 && now &- $0.value.filledAt < 10_000_000_000 }
        if buckets.count == before { buckets.removeAll() }
    }
}

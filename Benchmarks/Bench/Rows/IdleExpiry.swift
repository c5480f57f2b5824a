import Glibc

/// When each of many sessions had its last packet, and how late the gateway ends them.
struct IdleExpiry {
    /// A range of sessions with consecutive numbers.
    private struct Chunk {
        let last: Int
        /// The time before the first packet of the chunk. The last packets of its sessions may be slightly later.
        let nanoseconds: Int
    }

    private var chunks: [Chunk] = []
    /// Maximum delay between the timeout of the oldest live session and its end, in seconds: a lower and an upper
    /// bound.
    private(set) var latestSeconds = (atLeast: 0.0, atMost: 0.0)

    let idleSeconds: Int

    init(idleSeconds: Int) {
        self.idleSeconds = idleSeconds
    }

    /// Chunks are added in the order of their numbers, from 0.
    mutating func noteChunk(upTo last: Int, at nanoseconds: Int) {
        chunks.append(Chunk(last: last, nanoseconds: nanoseconds))
    }

    /// When the first session should expire.
    var firstDue: Int { (chunks.first?.nanoseconds ?? 0) + idleSeconds * 1_000_000_000 }

    /// Records that the first `count` sessions were gone at some moment of this interval, during which they were
    /// counted.
    mutating func noteGone(_ count: Int, within nanoseconds: ClosedRange<Int>) {
        // The oldest remaining session.
        guard let oldest = chunks.first(where: { $0.last > count }) else { return }
        func lateSeconds(_ now: Int) -> Double { Double(now - oldest.nanoseconds) / 1e9 - Double(idleSeconds) }
        latestSeconds.atLeast = max(latestSeconds.atLeast, lateSeconds(nanoseconds.lowerBound))
        latestSeconds.atMost = max(latestSeconds.atMost, lateSeconds(nanoseconds.upperBound))
    }
}

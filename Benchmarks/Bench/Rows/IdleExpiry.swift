import Glibc

/// When each of many sessions was last heard of, and how late the gateway ends them.
struct IdleExpiry {
    /// Of sessions whose numbers follow each other.
    private struct Chunk {
        let last: Int
        /// Before the first packet of the chunk: its sessions may have been heard of a little later.
        let nanoseconds: Int
    }

    private var chunks: [Chunk] = []
    /// Seconds after its timeout that the oldest live session was still there, at worst: no less than the first, no more than
    /// the second.
    private(set) var latestSeconds = (atLeast: 0.0, atMost: 0.0)

    let idleSeconds: Int

    init(idleSeconds: Int) {
        self.idleSeconds = idleSeconds
    }

    /// Chunks come in the order of their numbers, from 0 on.
    mutating func noteChunk(upTo last: Int, at nanoseconds: Int) {
        chunks.append(Chunk(last: last, nanoseconds: nanoseconds))
    }

    /// When the first session is due.
    var firstDue: Int { (chunks.first?.nanoseconds ?? 0) + idleSeconds * 1_000_000_000 }

    /// Takes note that so many sessions, the first ones, were gone at a moment of this time: that of asking.
    mutating func noteGone(_ count: Int, within nanoseconds: ClosedRange<Int>) {
        // Of those that are left, the oldest.
        guard let oldest = chunks.first(where: { $0.last > count }) else { return }
        func lateSeconds(_ now: Int) -> Double { Double(now - oldest.nanoseconds) / 1e9 - Double(idleSeconds) }
        latestSeconds.atLeast = max(latestSeconds.atLeast, lateSeconds(nanoseconds.lowerBound))
        latestSeconds.atMost = max(latestSeconds.atMost, lateSeconds(nanoseconds.upperBound))
    }
}

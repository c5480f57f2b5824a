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
    /// Seconds after its timeout that the oldest live session was still there, at worst.
    private(set) var latestSeconds = 0.0

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

    /// Takes note that so many sessions, the first ones, were gone at a time.
    mutating func noteGone(_ count: Int, at nanoseconds: Int) {
        // Of those that are left, the oldest.
        guard let oldest = chunks.first(where: { $0.last > count }) else { return }
        let ageSeconds = Double(nanoseconds - oldest.nanoseconds) / 1e9
        latestSeconds = max(latestSeconds, ageSeconds - Double(idleSeconds))
    }
}

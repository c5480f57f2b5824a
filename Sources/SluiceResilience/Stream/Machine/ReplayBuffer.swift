/// The bytes of one direction that the other end has not acknowledged, in chunks.
///
/// Positions count from the begin of the stream. An empty buffer has no memory but its array.
struct ReplayBuffer {
    private struct Chunk {
        var start: UInt64
        var bytes: [UInt8]
    }

    private var chunks: [Chunk] = []
    /// How many chunks at the front are acknowledged.
    private var first = 0
    /// The position of the first byte that is kept.
    private(set) var start: UInt64 = 0
    /// The position after the last byte.
    private(set) var end: UInt64 = 0

    private static let smallestChunk = 4096
    private static let largestChunk = 64 << 10

    /// Bytes that are kept.
    var count: Int { Int(end - start) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = chunks.last.map { $0.bytes.capacity - $0.bytes.count } ?? 0
            if first == chunks.count || room == 0 {
                var chunk = Chunk(start: end, bytes: [])
                chunk.bytes.reserveCapacity(
                    min(max(rest.count, ReplayBuffer.smallestChunk), ReplayBuffer.largestChunk))
                chunks.append(chunk)
                continue
            }
            let piece = rest.prefix(room)
            chunks[chunks.count - 1].bytes.append(contentsOf: piece)
            end += UInt64(piece.count)
            rest = rest.dropFirst(piece.count)
        }
    }

    /// Forgets all bytes before a position, which is within the buffer or at its end.
    mutating func acknowledge(_ position: UInt64) {
        precondition(position >= start && position <= end, "position \(position) of \(start)...\(end)")
        start = position
        while first < chunks.count, chunks[first].start + UInt64(chunks[first].bytes.count) <= position {
            chunks[first].bytes = []
            first += 1
        }
        if first == chunks.count {
            chunks.removeAll()
            first = 0
        } else if first > 32, first * 2 > chunks.count {
            chunks.removeFirst(first)
            first = 0
        }
    }

    /// Calls with contiguous bytes from a position on: at least one, at most `limit`.
    func withBytes<Result>(
        from position: UInt64, limit: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        precondition(position >= start && position < end, "position \(position) of \(start)..<\(end)")
        var low = first
        var high = chunks.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if chunks[middle].start <= position { low = middle } else { high = middle - 1 }
        }
        let offset = Int(position - chunks[low].start)
        return chunks[low].bytes.withUnsafeBytes { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[offset..<min(bytes.count, offset + limit)]))
        }
    }
}

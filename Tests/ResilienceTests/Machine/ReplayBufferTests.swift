@testable import SluiceResilience
import Testing

/// The replay buffer against a plain array.
@Suite("Replay buffer")
struct ReplayBufferTests {
    @Test("RESUME-3 every byte that was not acknowledged can be read again, from every position")
    func model() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var buffer = ReplayBuffer()
            var model: [UInt8] = []
            var start = 0
            for step in 0..<60 {
                let piece = [UInt8](repeating: UInt8(step), count: Int.random(in: 0...9000, using: &generator))
                piece.withUnsafeBytes { buffer.append($0) }
                model += piece
                start = Int.random(in: start...min(model.count, start + 12_000), using: &generator)
                buffer.acknowledge(UInt64(start))
                #expect(buffer.count == model.count - start)
                #expect((buffer.start, buffer.end) == (UInt64(start), UInt64(model.count)))
                guard start < model.count else { continue }
                let position = Int.random(in: start..<model.count, using: &generator)
                var read: [UInt8] = []
                while position + read.count < model.count {
                    let limit = Int.random(in: 1...5000, using: &generator)
                    buffer.withBytes(from: UInt64(position + read.count), limit: limit) { bytes in
                        #expect(!bytes.isEmpty && bytes.count <= limit)
                        read += bytes
                    }
                }
                #expect(read.elementsEqual(model[position...]))
            }
        }
    }
}

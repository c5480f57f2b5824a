import SluiceResilience
import Synchronization

/// The memory that all streams of a process share for what they keep to send again.
///
/// Each stream may have some in any case, so that it goes on; more only while there is enough for all.
final class StreamMemory: Sendable {
    private let total = Atomic<Int>(0)
    let maximumBytes: Int

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    var bytes: Int { total.load(ordering: .relaxed) }
    var isFull: Bool { bytes >= maximumBytes }

    func change(by bytes: Int) { total.wrappingAdd(bytes, ordering: .relaxed) }

    /// Whether a stream that keeps this many bytes may read more.
    func permits(_ kept: Int, limits: StreamLimits) -> Bool {
        kept < StreamLimits.bufferRange.lowerBound || !isFull
    }
}

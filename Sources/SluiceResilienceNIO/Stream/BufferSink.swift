import NIOCore
import SluiceResilience

/// A buffer that frames are written to.
struct BufferSink: ByteSink {
    var buffer: ByteBuffer

    mutating func append(bytes: UnsafeRawBufferPointer) { buffer.writeBytes(bytes) }
}

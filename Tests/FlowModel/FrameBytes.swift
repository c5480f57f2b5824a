import FlowCore
import FlowLayout

/// A frame in an array.
package struct FrameBytes: PacketBytes {
    package let bytes: [UInt8]
    package let segmentSize: UInt32

    package init(_ bytes: [UInt8], segmentSize: UInt32 = 0) {
        self.bytes = bytes
        self.segmentSize = segmentSize
    }

    package var length: UInt32 { UInt32(bytes.count) }

    package func load(_ destination: UnsafeMutableRawPointer, at offset: UInt32, count: UInt32) -> Bool {
        guard Int(offset) + Int(count) <= bytes.count else { return false }
        bytes.withUnsafeBytes { source in
            destination.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: source[Int(offset)..<Int(offset + count)]).baseAddress
                    ?? UnsafeRawPointer(destination),
                byteCount: Int(count))
        }
        return true
    }

    package func windowScale(transportOffset: UInt32, headerLength: UInt32) -> UInt8 {
        var options = [UInt8](repeating: 0, count: 64)
        let length = headerLength - 20
        guard length > 0, length <= 40,
            options.withUnsafeMutableBytes({ memory in
                memory.baseAddress.map { load($0, at: transportOffset + 20, count: length) } ?? false
            })
        else { return 0xFF }
        return options.withUnsafeBytes { memory in
            memory.baseAddress.map { TCPOptions.windowScale($0, length: length) } ?? 0xFF
        }
    }
}

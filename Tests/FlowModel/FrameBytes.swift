package import FlowCore
package import FlowLayout

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

    package func walkExtensions(_ walk: UnsafeMutablePointer<sluice_extension_walk>) -> Verdict {
        IPv6Extensions.walkExtensions(self, walk)
    }

    package func readOptions(
        transportOffset: UInt32, headerLength: UInt32, _ found: UnsafeMutablePointer<sluice_tcp_option_values>
    ) {
        var options = [UInt8](repeating: 0, count: 64)
        let length = headerLength - 20
        guard length > 0, length <= 40 else { return }
        options.withUnsafeMutableBytes { memory in
            guard let start = memory.baseAddress, load(start, at: transportOffset + 20, count: length) else { return }
            TCPOptions.readOptions(start, length: length, into: found)
        }
    }
}

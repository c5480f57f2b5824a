/// The bytes of a packet, wherever they lie: in the kernel's socket buffer, or in a test's array.
package protocol PacketBytes {
    /// Bytes from the link header to the end, of the whole super-packet.
    var length: UInt32 { get }
    /// Generic segmentation: payload bytes per packet on the wire; 0 when the packet is one.
    var segmentSize: UInt32 { get }
    /// Copies bytes out of the packet. Returns false, and leaves the destination in any state, where they lie outside of it.
    func load(_ destination: UnsafeMutableRawPointer, at offset: UInt32, count: UInt32) -> Bool
    /// The window scale option of the TCP header that begins at `transportOffset`; 0xFF where there is none (RFC 7323, 2.2).
    func windowScale(transportOffset: UInt32, headerLength: UInt32) -> UInt8
}

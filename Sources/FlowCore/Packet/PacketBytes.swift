package import FlowLayout

/// The bytes of a packet, wherever they lie: in the kernel's socket buffer, or in a test's array.
package protocol PacketBytes {
    /// Bytes from the link header to the end, of the whole super-packet.
    var length: UInt32 { get }
    /// Generic segmentation: payload bytes per packet on the wire; 0 when the packet is one.
    var segmentSize: UInt32 { get }
    /// Copies bytes out of the packet. Returns false, and leaves the destination in any state, where they lie outside of it.
    func load(_ destination: UnsafeMutableRawPointer, at offset: UInt32, count: UInt32) -> Bool
    /// Follows a chain of IPv6 extension headers: ``IPv6Extensions/walk(_:_:)`` on these bytes. The kernel program has one function of its own
    /// for it, so that the verifier walks its loop once.
    func walkExtensions(_ walk: UnsafeMutablePointer<sluice_extension_walk>) -> Verdict
    /// The options of the TCP header that begins at `transportOffset`, of which `headerLength` bytes, 21 to 60, are options and what is
    /// before them: ``TCPOptions/read(_:length:into:)``. The kernel program has one function of its own for it, too.
    func options(
        transportOffset: UInt32, headerLength: UInt32, _ found: UnsafeMutablePointer<sluice_tcp_option_values>)
}

/// TCP options (RFC 9293, 3.1; RFC 7323).
package enum TCPOptions {
    /// The shift count of the window scale option, at most 14; 0xFF where there is none, or the options are not well formed.
    ///
    /// - Parameters:
    ///   - options: 64 readable bytes, of which the first `length`, at most 40, are the options.
    @inline(__always)
    package static func windowScale(_ options: UnsafeRawPointer, length: UInt32) -> UInt8 {
        var offset: UInt32 = 0
        var step: UInt32 = 0
        while step < 40 {
            step &+= 1
            guard offset < length else { break }
            let kind = options.load(fromByteOffset: Int(offset & 63), as: UInt8.self)
            if kind == 0 { break }
            if kind == 1 {
                offset &+= 1
                continue
            }
            let size = UInt32(options.load(fromByteOffset: Int((offset &+ 1) & 63), as: UInt8.self))
            if kind == 3 {
                guard size == 3, offset &+ 3 <= length else { break }
                let shift = options.load(fromByteOffset: Int((offset &+ 2) & 63), as: UInt8.self)
                return shift > 14 ? 14 : shift
            }
            guard size >= 2 else { break }
            offset &+= size
        }
        return 0xFF
    }
}

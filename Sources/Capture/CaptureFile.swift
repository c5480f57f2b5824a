/// Packets as a pcapng file (draft-ietf-opsawg-pcapng), which Wireshark and tshark read: a section header, one block
/// for each interface, and one block for each packet, with a comment. Little-endian; timestamps are nanoseconds. It
/// only produces bytes; the caller writes them.
package struct CaptureFile {
    package enum LinkType: UInt16, Sendable {
        /// LINKTYPE_ETHERNET
        case ethernet = 1
        /// LINKTYPE_RAW: begins with the IP header.
        case raw = 101
    }

    /// A packet. The file may contain only its first bytes.
    package struct Packet: Sendable {
        /// Nanoseconds since 1970.
        package var timeNanoseconds: UInt64
        package var bytes: [UInt8]
        /// Length of the whole packet in bytes.
        package var length: Int
        package var comment: String

        package init(timeNanoseconds: UInt64, bytes: [UInt8], length: Int, comment: String) {
            self.timeNanoseconds = timeNanoseconds
            self.bytes = bytes
            self.length = length
            self.comment = comment
        }
    }

    private struct Interface: Hashable {
        var name: String
        var linkType: LinkType
    }

    /// Maximum bytes of a packet in the file.
    private let snapLength: UInt32
    private var interfaces: [Interface: UInt32] = [:]

    package init(snapLength: Int) { self.snapLength = UInt32(snapLength) }

    /// The beginning of a file.
    ///
    /// - Parameter application: the name of the writing program.
    package func beginning(application: String) -> [UInt8] {
        var body: [UInt8] = []
        body.append(little: UInt32(0x1A2B_3C4D))
        body.append(little: UInt16(1))
        body.append(little: UInt16(0))
        // Length of the section: unknown.
        body.append(little: UInt64.max)
        body.append(option: 4, Array(application.utf8))
        body.append(option: 0, [])
        return Self.block(0x0A0D_0D0A, body)
    }

    /// The block of a packet, preceded by the block of its interface if that is new.
    package mutating func bytes(of packet: Packet, interface name: String, linkType: LinkType) -> [UInt8] {
        var bytes: [UInt8] = []
        let interface = Interface(name: name, linkType: linkType)
        let number = interfaces[interface] ?? UInt32(interfaces.count)
        if interfaces.updateValue(number, forKey: interface) == nil { bytes += description(of: interface) }
        var body: [UInt8] = []
        body.append(little: number)
        body.append(little: UInt32(truncatingIfNeeded: packet.timeNanoseconds >> 32))
        body.append(little: UInt32(truncatingIfNeeded: packet.timeNanoseconds))
        body.append(little: UInt32(packet.bytes.count))
        body.append(little: UInt32(clamping: max(packet.length, packet.bytes.count)))
        body.append(padded: packet.bytes)
        body.append(option: 1, Array(packet.comment.utf8))
        body.append(option: 0, [])
        return bytes + Self.block(6, body)
    }

    /// The optional end of a file: interface statistics with the number of packets seen and left out, the same for each
    /// interface.
    package func end(timeNanoseconds: UInt64, omitted: UInt64) -> [UInt8] {
        guard !interfaces.isEmpty else { return [] }
        var body: [UInt8] = []
        body.append(little: UInt32(0))
        body.append(little: UInt32(truncatingIfNeeded: timeNanoseconds >> 32))
        body.append(little: UInt32(truncatingIfNeeded: timeNanoseconds))
        body.append(option: 1, Array("left out on all interfaces: \(omitted) packets".utf8))
        // isb_osdrop: packets that were dropped because there was no room for them.
        var count: [UInt8] = []
        count.append(little: omitted)
        body.append(option: 7, count)
        body.append(option: 0, [])
        return Self.block(5, body)
    }

    private func description(of interface: Interface) -> [UInt8] {
        var body: [UInt8] = []
        body.append(little: interface.linkType.rawValue)
        body.append(little: UInt16(0))
        body.append(little: snapLength)
        body.append(option: 2, Array(interface.name.utf8))
        // if_tsresol: 10^-9 s.
        body.append(option: 9, [9])
        body.append(option: 0, [])
        return Self.block(1, body)
    }

    private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        let length = UInt32(body.count + 12)
        var block: [UInt8] = []
        block.append(little: type)
        block.append(little: length)
        block += body
        block.append(little: length)
        return block
    }
}

extension [UInt8] {
    fileprivate mutating func append(little value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends bytes, padded to whole 32-bit words as blocks and options require.
    fileprivate mutating func append(padded bytes: [UInt8]) {
        self += bytes
        self += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }

    fileprivate mutating func append(option code: UInt16, _ value: [UInt8]) {
        let value = Array(value.prefix(Int(UInt16.max)))
        append(little: code)
        append(little: UInt16(value.count))
        append(padded: value)
    }
}

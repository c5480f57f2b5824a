/// Reads pcapng as the draft says (draft-ietf-opsawg-pcapng, sections 3 and 4), and refuses what the draft
/// forbids. It checks the files that we write.
struct BlockReader {
    struct Mistake: Error { let what: String }

    struct Interface {
        var linkType: Int
        var snapLength: Int
        var options: [Int: [UInt8]]
    }

    struct Packet {
        var interface: Int
        var timeNanoseconds: UInt64
        var bytes: [UInt8]
        var length: Int
        var comment: String?
    }

    private(set) var interfaces: [Interface] = []
    private(set) var packets: [Packet] = []
    private(set) var sectionOptions: [Int: [UInt8]] = [:]
    private(set) var statistics: [[Int: [UInt8]]] = []

    init(_ file: [UInt8]) throws {
        var rest = file[...]
        var isFirst = true
        while !rest.isEmpty {
            let type = try Self.number(&rest, 4)
            let length = try Self.number(&rest, 4)
            guard length % 4 == 0, length >= 12, rest.count >= length - 8 else {
                throw Mistake(what: "length \(length)")
            }
            var body = rest.prefix(length - 12)
            rest = rest.dropFirst(length - 12)
            guard try Self.number(&rest, 4) == length else { throw Mistake(what: "the second length differs") }
            guard isFirst == (type == 0x0A0D_0D0A) else { throw Mistake(what: "block \(type) at the beginning") }
            isFirst = false
            try read(type, &body)
        }
    }

    private mutating func read(_ type: Int, _ body: inout ArraySlice<UInt8>) throws {
        switch type {
        case 0x0A0D_0D0A:
            guard try Self.number(&body, 4) == 0x1A2B_3C4D, try Self.number(&body, 2) == 1,
                try Self.number(&body, 2) == 0
            else { throw Mistake(what: "byte order or version") }
            body = body.dropFirst(8)
            sectionOptions = try Self.options(&body)
        case 1:
            let link = try Self.number(&body, 2)
            guard try Self.number(&body, 2) == 0 else { throw Mistake(what: "reserved bits") }
            let snap = try Self.number(&body, 4)
            interfaces.append(Interface(linkType: link, snapLength: snap, options: try Self.options(&body)))
        case 6:
            let interface = try Self.number(&body, 4)
            guard interfaces.indices.contains(interface) else { throw Mistake(what: "interface \(interface)") }
            let high = UInt64(try Self.number(&body, 4))
            let low = UInt64(try Self.number(&body, 4))
            let captured = try Self.number(&body, 4)
            let length = try Self.number(&body, 4)
            guard captured <= length, captured <= interfaces[interface].snapLength else {
                throw Mistake(what: "\(captured) of \(length) bytes")
            }
            let bytes = try Self.bytes(&body, captured)
            let options = try Self.options(&body)
            packets.append(
                Packet(
                    interface: interface, timeNanoseconds: high << 32 | low, bytes: bytes, length: length,
                    comment: options[1].map { String(decoding: $0, as: UTF8.self) }))
        case 5:
            body = body.dropFirst(12)
            statistics.append(try Self.options(&body))
        default: throw Mistake(what: "block \(type)")
        }
    }

    private static func options(_ body: inout ArraySlice<UInt8>) throws -> [Int: [UInt8]] {
        var options: [Int: [UInt8]] = [:]
        while !body.isEmpty {
            let code = try number(&body, 2)
            let length = try number(&body, 2)
            if code == 0 {
                guard length == 0, body.isEmpty else { throw Mistake(what: "data behind the end of the options") }
                return options
            }
            options[code] = try bytes(&body, length)
        }
        throw Mistake(what: "options without an end")
    }

    private static func bytes(_ body: inout ArraySlice<UInt8>, _ count: Int) throws -> [UInt8] {
        let padded = (count + 3) / 4 * 4
        guard body.count >= padded else { throw Mistake(what: "\(count) bytes are missing") }
        defer { body = body.dropFirst(padded) }
        return Array(body.prefix(count))
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>, _ count: Int) throws -> Int {
        guard bytes.count >= count else { throw Mistake(what: "the file is cut off") }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}

import Glibc

/// Named files in one archive: the ustar format of POSIX (pax(1)), which `tar` can read. Pure.
enum TapeArchive {
    struct File: Equatable {
        /// At most 100 bytes, without a `/`.
        var name: String
        var mode: UInt32 = 0o600
        var bytes: [UInt8]
    }

    /// Why bytes are not an archive of this kind.
    enum Damage: Error, Equatable {
        /// They do not begin like one.
        case notAnArchive
        /// They end before the archive does.
        case cutShort
        /// The checksum of a header is wrong.
        case damaged(offset: Int)
        /// A member that is not a plain file, or a name that leads to another directory.
        case unexpected(name: String)
    }

    private static let block = 512

    static func write(_ files: [File], time: Int64) -> [UInt8] {
        var result: [UInt8] = []
        for file in files {
            result += header(of: file, time: time)
            result += file.bytes
            result += [UInt8](repeating: 0, count: padding(file.bytes.count))
        }
        return result + [UInt8](repeating: 0, count: 2 * block)
    }

    static func read(_ bytes: [UInt8]) throws(Damage) -> [File] {
        guard bytes.count >= 2 * block, field(bytes, 257, 5) == "ustar" else { throw .notAnArchive }
        var files: [File] = []
        var offset = 0
        while true {
            guard offset + block <= bytes.count else { throw .cutShort }
            let header = Array(bytes[offset..<offset + block])
            if header.allSatisfy({ $0 == 0 }) { return files }
            guard number(header, 148, 8) == checksum(header), let size = number(header, 124, 12) else {
                throw .damaged(offset: offset)
            }
            let name = field(header, 0, 100)
            guard header[156] == UInt8(ascii: "0"), !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
                throw .unexpected(name: name)
            }
            let begin = offset + block
            guard size <= bytes.count - begin else { throw .cutShort }
            files.append(
                File(
                    name: name, mode: UInt32(number(header, 100, 8) ?? 0o600) & 0o777,
                    bytes: Array(bytes[begin..<begin + size])))
            offset = begin + size + padding(size)
        }
    }

    private static func padding(_ count: Int) -> Int { (block - count % block) % block }

    private static func header(of file: File, time: Int64) -> [UInt8] {
        precondition(file.name.utf8.count <= 100 && !file.name.contains("/"), "a member named \(file.name)")
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, _ offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: Array(text.utf8))
        }
        put(file.name, 0)
        put(octal(Int(file.mode), 7), 100)
        put(octal(0, 7), 108)
        put(octal(0, 7), 116)
        put(octal(file.bytes.count, 11), 124)
        put(octal(Int(time), 11), 136)
        put("0", 156)
        put("ustar", 257)
        put("00", 263)
        put("root", 265)
        put("root", 297)
        put(octal(checksum(header), 6), 148)
        header[155] = UInt8(ascii: " ")
        return header
    }

    /// The sum of the header's bytes, with its own field counted as blanks.
    private static func checksum(_ header: [UInt8]) -> Int {
        header.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 0x20 : Int(header[$1])) }
    }

    private static func octal(_ number: Int, _ digits: Int) -> String {
        let text = String(max(0, number), radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private static func field(_ bytes: [UInt8], _ offset: Int, _ length: Int) -> String {
        String(decoding: bytes[offset..<offset + length].prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func number(_ header: [UInt8], _ offset: Int, _ length: Int) -> Int? {
        Int(field(header, offset, length).filter { $0 != " " }, radix: 8).flatMap { $0 >= 0 ? $0 : nil }
    }
}

/// The layout of a file: `head piece separator piece tail`. A file is complete if it ends with its tail.
package struct FileShape: Equatable, Sendable {
    package let head: [UInt8]
    package let separator: [UInt8]
    package let tail: [UInt8]

    /// `{"records":[...]}`, one record on each line.
    package static let records = FileShape(
        head: Array("{\"records\":[\n".utf8), separator: Array(",\n".utf8), tail: Array("\n]}\n".utf8))
    /// JSON lines.
    package static let lines = FileShape(head: [], separator: Array("\n".utf8), tail: Array("\n".utf8))

    package static func of(path: String) -> FileShape { path.hasSuffix(".jsonl") ? .lines : .records }

    /// The end of the last complete piece in a part of a file that starts at the beginning of a line; nil if there is
    /// none. What a crash left half-written, and whatever follows it, does not count.
    func endOfLastPiece(_ bytes: ArraySlice<UInt8>) -> Int? {
        var end: Int?
        var start = bytes.startIndex
        while start < bytes.endIndex {
            // Pages that were never written are zeros. They end a line too.
            let line = bytes[start...].prefix { $0 >= 0x20 }
            guard let object = Self.objectEnd(line) else { break }
            end = object
            // A write that was torn after the separator's first byte leaves part of an old tail after it.
            let rest = line[object...]
            guard rest.isEmpty || (self == .records && rest.elementsEqual([UInt8(ascii: ",")])) else { break }
            guard line.endIndex < bytes.endIndex, bytes[line.endIndex] == UInt8(ascii: "\n") else { break }
            start = line.endIndex + 1
        }
        return end
    }

    /// Whether the bytes are exactly one JSON object on one line, with matching brackets and quotes.
    static func isWholeObject(_ bytes: ArraySlice<UInt8>) -> Bool { objectEnd(bytes) == bytes.endIndex }

    /// The end of the object at the start of the bytes; nil if there is none, or only a part of one.
    private static func objectEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.first == UInt8(ascii: "{") else { return nil }
        var depth = 0
        var isInString = false
        var isEscaped = false
        for (index, byte) in zip(bytes.indices, bytes) {
            guard byte >= 0x20 else { return nil }
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            if depth == 0 { return index + 1 }
        }
        return nil
    }
}

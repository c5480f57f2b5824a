/// Bytes of annotated hexadecimal text: what follows a `#` in a line is a comment, and spaces do not count.
func bytes(_ text: String) -> [UInt8] {
    let digits = text.split(separator: "\n").flatMap { line in
        line.prefix { $0 != "#" }.compactMap(\.hexDigitValue)
    }
    precondition(digits.count % 2 == 0, "an odd number of digits")
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

import FlowCore
import FlowLayout
import FlowModel
import Testing

@Suite("TCP options")
struct TCPOptionsTests {
    /// RFC 9293, 3.1, read byte by byte: an oracle that shares no code with the branchless reader.
    private func plainWindowScale(_ options: [UInt8]) -> UInt8 {
        var rest = options[...]
        var scale: UInt8 = 0xFF
        while let kind = rest.first, kind != 0 {
            if kind == 1 {
                rest = rest.dropFirst()
                continue
            }
            guard let size = rest.dropFirst().first, size >= 2, size <= rest.count else { break }
            if kind == 3, size == 3 { scale = min(14, rest[rest.startIndex + 2]) }
            rest = rest.dropFirst(Int(size))
        }
        return scale
    }

    private func windowScale(_ options: [UInt8], after rubbish: UInt8 = 0) -> UInt8 {
        // Bytes after the options must not count.
        let memory = options + [UInt8](repeating: rubbish, count: 64 - options.count)
        var found = sluice_tcp_option_values()
        found.windowScale = 0xFF
        memory.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress {
                TCPOptions.readOptions(start, length: UInt32(options.count), into: &found)
            }
        }
        return found.windowScale
    }

    @Test("SESS-2 a million option lists are read as RFC 9293 says", arguments: [UInt8(0), 1, 3])
    func random(rubbish: UInt8) {
        let seed = RandomSource.runSeed()
        var random = RandomSource(seed: seed)
        var found = 0
        for _ in 0..<300_000 {
            // Mostly small numbers, so that most lists go on for some options.
            let options = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...UInt8.random(in: 1...8, using: &random), using: &random)
            }
            let expected = plainWindowScale(options)
            if expected != 0xFF { found += 1 }
            guard windowScale(options, after: rubbish) == expected else {
                Issue.record("SLUICE_SEED=\(seed): \(options): \(windowScale(options)) instead of \(expected)")
                return
            }
        }
        #expect(found > 5_000)
    }

    @Test("SESS-2 the option is found at the very end of 40 bytes, and after no-operations")
    func places() {
        #expect(windowScale([UInt8](repeating: 1, count: 37) + [3, 3, 7]) == 7)
        #expect(windowScale([UInt8](repeating: 1, count: 38) + [3, 3], after: 3) == 0xFF)
        #expect(windowScale([2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 15]) == 14)
        #expect(windowScale([UInt8](repeating: 1, count: 40), after: 3) == 0xFF)
        #expect(windowScale([]) == 0xFF)
    }
}

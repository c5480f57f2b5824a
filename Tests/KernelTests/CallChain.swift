/// The stack that the compiled kernel program takes, read from the object's instructions: an oracle of its own, which neither
/// libbpf nor the kernel takes part in.
///
/// A function's frame is as deep as the lowest address that it forms of the frame pointer R10 (RFC 9669, 4.1: R10 is read-only).
struct CallChain {
    struct Function: Equatable {
        var frameBytes = 0
        var calls: Set<String> = []
    }

    private(set) var functions: [String: Function] = [:]
    /// Where in the file each function's instructions begin.
    private(set) var positions: [String: Int] = [:]

    /// - Parameter object: an ELF64 file, little-endian, of eBPF.
    init(object: [UInt8]) {
        let elf = ELF(object)
        var names: [Place: String] = [:]
        for symbol in elf.symbols where symbol.isFunction && symbol.size > 0 {
            names[Place(section: symbol.section, offset: symbol.value)] = symbol.name
        }
        for symbol in elf.symbols where symbol.isFunction && symbol.size > 0 {
            var function = Function()
            var framePointers: Set<UInt8> = [10]
            var offset = symbol.value
            while offset < symbol.value + symbol.size {
                let instruction = elf.instruction(section: symbol.section, offset: offset)
                let code = instruction.code
                let target = instruction.destination
                let lowest: Int
                switch (code, code & 7) {
                case (0xBF, _):  // a register is copied
                    if framePointers.contains(instruction.source) {
                        framePointers.insert(target)
                    } else if target != 10 {
                        framePointers.remove(target)
                    }
                    lowest = 0
                case (0x07, _) where framePointers.contains(target):  // a constant is added
                    lowest = instruction.immediate
                    if target != 10 { framePointers.remove(target) }
                case (_, 1) where instruction.source == 10, (_, 2) where target == 10, (_, 3) where target == 10:
                    lowest = instruction.offset
                default: lowest = 0
                }
                function.frameBytes = max(function.frameBytes, -lowest)
                if code == 0x85, instruction.source == 1 {  // a function of the same program is called
                    let place = elf.callee(section: symbol.section, offset: offset, instruction.immediate)
                    if let name = names[place] { function.calls.insert(name) }
                }
                offset += code == 0x18 ? 16 : 8
            }
            functions[symbol.name] = function
            positions[symbol.name] = elf.position(section: symbol.section, offset: symbol.value)
        }
    }

    /// The chain of calls from a function that takes the most stack, and the bytes that it takes where a kernel rounds each frame
    /// up to 32 bytes.
    func deepest(from name: String) -> (bytes: Int, names: [String]) {
        guard let function = functions[name] else { return (0, []) }
        let below = function.calls.sorted().map { deepest(from: $0) }.max { $0.bytes < $1.bytes } ?? (0, [])
        return (max(32, (function.frameBytes + 31) / 32 * 32) + below.bytes, [name] + below.names)
    }
}

private struct Place: Hashable {
    let section: Int
    let offset: Int
}

/// As much of the ELF format as an eBPF object needs.
private struct ELF {
    struct Symbol {
        let name: String
        let isFunction: Bool
        let section: Int
        let value: Int
        let size: Int
    }

    struct Instruction {
        let code: UInt8
        let destination: UInt8
        let source: UInt8
        let offset: Int
        let immediate: Int
    }

    private struct Section {
        let type: Int
        let start: Int
        let size: Int
        let link: Int
        let information: Int
    }

    private let bytes: [UInt8]
    private var sections: [Section] = []
    private(set) var symbols: [Symbol] = []
    private var relocations: [Place: Int] = [:]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let table = number(40, 8)
        for index in 0..<number(60, 2) {
            let at = table + index * number(58, 2)
            sections.append(
                Section(
                    type: number(at + 4, 4), start: number(at + 24, 8), size: number(at + 32, 8),
                    link: number(at + 40, 4), information: number(at + 44, 4)))
        }
        for section in sections where section.type == 2 {
            for at in stride(from: section.start, to: section.start + section.size, by: 24) {
                symbols.append(
                    Symbol(
                        name: text(sections[section.link].start + number(at, 4)), isFunction: bytes[at + 4] & 15 == 2,
                        section: number(at + 6, 2), value: number(at + 8, 8), size: number(at + 16, 8)))
            }
        }
        for section in sections where section.type == 9 {
            for at in stride(from: section.start, to: section.start + section.size, by: 16) {
                relocations[Place(section: section.information, offset: number(at, 8))] = number(at + 12, 4)
            }
        }
    }

    func position(section: Int, offset: Int) -> Int { sections[section].start + offset }

    func instruction(section: Int, offset: Int) -> Instruction {
        let at = position(section: section, offset: offset)
        return Instruction(
            code: bytes[at], destination: bytes[at + 1] & 15, source: bytes[at + 1] >> 4,
            offset: Int(Int16(truncatingIfNeeded: number(at + 2, 2))),
            immediate: Int(Int32(truncatingIfNeeded: number(at + 4, 4))))
    }

    /// Where a call leads: a symbol, or instructions behind the next one.
    func callee(section: Int, offset: Int, _ immediate: Int) -> Place {
        guard let index = relocations[Place(section: section, offset: offset)] else {
            return Place(section: section, offset: offset + 8 + immediate * 8)
        }
        let symbol = symbols[index]
        return Place(
            section: symbol.section, offset: symbol.isFunction ? symbol.value : symbol.value + (immediate + 1) * 8)
    }

    private func number(_ at: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }

    private func text(_ at: Int) -> String { String(decoding: bytes[at...].prefix { $0 != 0 }, as: UTF8.self) }
}

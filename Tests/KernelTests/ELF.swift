struct ELFPlace: Hashable {
    let section: Int
    let offset: Int
}

/// The part of the ELF format that an eBPF object needs.
struct ELF {
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

        /// A call of `bpf_map_lookup_elem`.
        var isMapLookup: Bool { code == 0x85 && source == 0 && immediate == 1 }

        /// The offset that it may jump to (RFC 9669, 4.3), if its own offset is `place`; nil: it does not jump.
        func jumpTarget(from place: Int) -> Int? {
            let isJump = (code & 7 == 5 || code & 7 == 6) && code != 0x85 && code != 0x95
            return isJump ? place + 8 + offset * 8 : nil
        }

        /// Whether it changes a register. Arithmetic and loads do (RFC 9669, 3). A call changes the result register.
        func writes(_ register: UInt8) -> Bool {
            code == 0x85 ? register == 0 : [0, 1, 4, 7].contains(code & 7) && destination == register
        }
    }

    typealias Located = (offset: Int, instruction: Instruction)

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
    private var relocations: [ELFPlace: Int] = [:]

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
                relocations[ELFPlace(section: section.information, offset: number(at, 8))] = number(at + 12, 4)
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

    /// A function's instructions in their order, each with its offset in the section.
    func code(of symbol: Symbol) -> [Located] {
        var result: [Located] = []
        var offset = symbol.value
        while offset < symbol.value + symbol.size {
            result.append((offset, instruction(section: symbol.section, offset: offset)))
            offset += result[result.count - 1].instruction.code == 0x18 ? 16 : 8
        }
        return result
    }

    /// The target of a call: a symbol, or a distance from the next instruction.
    func callee(section: Int, offset: Int, _ immediate: Int) -> ELFPlace {
        guard let index = relocations[ELFPlace(section: section, offset: offset)] else {
            return ELFPlace(section: section, offset: offset + 8 + immediate * 8)
        }
        let symbol = symbols[index]
        return ELFPlace(
            section: symbol.section, offset: symbol.isFunction ? symbol.value : symbol.value + (immediate + 1) * 8)
    }

    private func number(_ at: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }

    private func text(_ at: Int) -> String { String(decoding: bytes[at...].prefix { $0 != 0 }, as: UTF8.self) }
}

/// Map lookups whose map depends on the branch that led to them, found in the object's instructions.
///
/// LLVM merges two calls that differ only in the map. The verifier then does not know the map, and can't inline the
/// lookup. The lookup becomes an indirect call, which is many times slower.
struct JoinedLookups {
    /// The functions that have such a lookup.
    private(set) var functions: Set<String> = []

    /// - Parameter object: an ELF64 file, little-endian, of eBPF.
    init(object: [UInt8]) {
        let elf = ELF(object)
        for symbol in elf.symbols where symbol.isFunction && symbol.size > 0 {
            let code = elf.code(of: symbol)
            let targets = Set(code.compactMap { $0.instruction.jumpTarget(from: $0.offset) })
            for index in code.indices where code[index].instruction.isMapLookup {
                if Self.isJoined(code[...index], targets) { functions.insert(symbol.name) }
            }
        }
    }

    /// Whether a jump leads between the load of the map's address and the call, which is the last instruction.
    private static func isJoined(_ code: ArraySlice<ELF.Located>, _ targets: Set<Int>) -> Bool {
        var register: UInt8 = 1
        var isJoined = false
        for (offset, instruction) in code.reversed() {
            if offset != code.last?.offset, instruction.writes(register) {
                if instruction.code == 0x18 { return isJoined }
                // The map comes from a map of maps: the verifier knows it by its prototype.
                guard instruction.code == 0xBF else { return false }
                register = instruction.source
            }
            isJoined = isJoined || targets.contains(offset)
        }
        return false
    }
}

/// Map lookups whose map depends on the way that led to them, read from the object's instructions.
///
/// LLVM makes one call of two that differ in the map alone. The verifier then does not know the map, and can't put the lookup's
/// instructions in the call's place: it becomes an indirect call, many times as slow.
struct JoinedLookups {
    /// The functions that have one.
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

    /// Whether another way leads in between the load of the map's address and the call that is the last instruction.
    private static func isJoined(_ code: ArraySlice<ELF.Located>, _ targets: Set<Int>) -> Bool {
        var register: UInt8 = 1
        var isJoined = false
        for (offset, instruction) in code.reversed() {
            if offset != code.last?.offset, instruction.writes(register) {
                if instruction.code == 0x18 { return isJoined }
                // A map that was itself looked up, in a map of maps: the verifier knows those by their prototype.
                guard instruction.code == 0xBF else { return false }
                register = instruction.source
            }
            isJoined = isJoined || targets.contains(offset)
        }
        return false
    }
}

/// The stack that the compiled kernel program uses, computed from the object's instructions. It is an independent
/// oracle: it uses neither libbpf nor the kernel.
///
/// A function's frame reaches to the lowest address that it computes from the frame pointer R10 (RFC 9669, 4.1: R10 is
/// read-only).
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
        var names: [ELFPlace: String] = [:]
        for symbol in elf.symbols where symbol.isFunction && symbol.size > 0 {
            names[ELFPlace(section: symbol.section, offset: symbol.value)] = symbol.name
        }
        for symbol in elf.symbols where symbol.isFunction && symbol.size > 0 {
            var function = Function()
            var framePointers: Set<UInt8> = [10]
            for (offset, instruction) in elf.code(of: symbol) {
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
            }
            functions[symbol.name] = function
            positions[symbol.name] = elf.position(section: symbol.section, offset: symbol.value)
        }
    }

    /// The call chain of a function that uses the most stack, and its size in bytes. Each frame is rounded up to 32
    /// bytes, as a kernel may do.
    func deepest(from name: String) -> (bytes: Int, names: [String]) {
        guard let function = functions[name] else { return (0, []) }
        let below = function.calls.sorted().map { deepest(from: $0) }.max { $0.bytes < $1.bytes } ?? (0, [])
        return (max(32, (function.frameBytes + 31) / 32 * 32) + below.bytes, [name] + below.names)
    }
}

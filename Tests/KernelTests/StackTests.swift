import KernelObject
import Testing

@Suite("The kernel program's object")
struct StackTests {
    /// The kernel's limit is 512. The difference is a reserve for later changes.
    private static let mostBytes = 448

    @Test("PKG-5 no chain of calls takes more stack than the limit", arguments: ["sluice_ingress", "sluice_explain"])
    func stack(program: String) {
        let chain = CallChain(object: KernelObject.bytes).deepest(from: program)
        print("stack of \(program): \(chain.bytes) bytes: \(chain.names.joined(separator: " > "))")
        #expect(chain.names.count > 2, "no chain of calls found")
        #expect(chain.bytes > 128)
        #expect(
            chain.bytes <= Self.mostBytes,
            """
            \(chain.names.joined(separator: " > ")) takes \(chain.bytes) bytes of stack, \(Self.mostBytes) are allowed: give \
            code that needs a large structure its own function, off the deepest chain (ARCHITECTURE.md, Swift to eBPF)
            """)
    }

    @Test("PKG-5 nothing in the object needs a kernel with BTF")
    func noTrap() {
        // With `__bpf_trap`, a weak symbol of LLVM, libbpf refuses to load the object if the kernel has no BTF.
        let name = Array("__bpf_trap".utf8)
        let object = KernelObject.bytes
        let isThere = object.indices.contains { object[$0...].starts(with: name) }
        #expect(!isThere)
    }

    @Test("every map lookup is in a map that the verifier knows, so that no lookup is an indirect call")
    func knownMaps() {
        let joined = JoinedLookups(object: KernelObject.bytes).functions.sorted()
        #expect(
            joined.isEmpty,
            """
            \(joined.joined(separator: ", ")): two lookups in different maps became one. Make the branches differ at their ends, by \
            an empty `asm` on the result of one (interface_at in functions.bpf.h).
            """)
    }
}

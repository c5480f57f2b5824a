import KernelObject
import Testing

@Suite("The kernel program's object")
struct StackTests {
    /// The kernel's limit is 512. What lies between is room for what is to come.
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
            what needs a large structure a function of its own, off the deepest chain (ARCHITECTURE.md, Swift to eBPF)
            """)
    }

    @Test("PKG-5 nothing in the object asks the kernel for BTF that it may not have")
    func noTrap() {
        // With `__bpf_trap`, a weak symbol of LLVM's, libbpf refuses to load where the kernel has no BTF.
        let name = Array("__bpf_trap".utf8)
        let object = KernelObject.bytes
        let isThere = object.indices.contains { object[$0...].starts(with: name) }
        #expect(!isThere)
    }

    @Test("every map lookup is in a map that the verifier knows, so that no packet pays for an indirect call")
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

internal import CLibBPF
internal import FlowLayout

extension Datapath {
    /// The tallies of the kernel program, summed over the processors; index: `DropReason` or `Counter`, raw value.
    package func counters() -> [UInt64] {
        let descriptor = map(MapName.counters).fileDescriptor
        let processors = max(Int(libbpf_num_possible_cpus()), 1)
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: processors) { perProcessor in
            perProcessor.initialize(repeating: 0)
            return (0..<UInt32(SLUICE_MAX_COUNTERS)).map { index in
                var index = index
                guard bpf_map_lookup_elem(descriptor, &index, perProcessor.baseAddress) == 0 else { return 0 }
                return perProcessor.reduce(0, &+)
            }
        }
    }
}

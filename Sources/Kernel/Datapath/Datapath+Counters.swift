internal import CLibBPF
package import FlowLayout

extension Datapath {
    /// The counters of the kernel program, summed over the processors. Index: `DropReason` or `Counter`, raw value.
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

    /// Packets and bytes forwarded since the datapath was loaded, by slab, summed over the processors: an array of
    /// `slabCount` elements.
    package func slabTraffic() -> [sluice_traffic] {
        let descriptor = map(MapName.traffic).fileDescriptor
        let processors = max(Int(libbpf_num_possible_cpus()), 1)
        return withUnsafeTemporaryAllocation(of: sluice_traffic.self, capacity: processors) { perProcessor in
            perProcessor.initialize(repeating: sluice_traffic())
            return (0..<UInt32(table.slabCount)).map { slab in
                var slab = slab
                guard bpf_map_lookup_elem(descriptor, &slab, perProcessor.baseAddress) == 0 else {
                    return sluice_traffic()
                }
                return perProcessor.reduce(into: sluice_traffic()) { sum, part in
                    sum.packets &+= part.packets
                    sum.bytes &+= part.bytes
                }
            }
        }
    }
}

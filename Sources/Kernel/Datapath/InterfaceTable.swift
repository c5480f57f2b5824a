internal import CLibBPF
package import FlowLayout
import Glibc

/// The zone interfaces as the kernel program knows them, by interface index. Most are in an array in this process's
/// memory, those with a larger index in a hash table.
package struct InterfaceTable: @unchecked Sendable {
    // Unchecked: an address that never changes. The memory there is shared with other processes anyway.
    let dense: UnsafeMutablePointer<sluice_interface>
    let far: KernelMap

    /// The entry of an index; its zone is 0 if there is none.
    package subscript(index: Int) -> sluice_interface {
        if Self.isDense(index) { return dense[index] }
        var key = UInt32(clamping: index)
        var entry = sluice_interface()
        return bpf_map_lookup_elem(far.fileDescriptor, &key, &entry) == 0 ? entry : sluice_interface()
    }

    package func set(_ entry: sluice_interface, at index: Int) throws(KernelError) {
        if Self.isDense(index) { return dense[index] = entry }
        var key = UInt32(clamping: index)
        var entry = entry
        if entry.zone == 0 {
            // It is not an error if there is none.
            bpf_map_delete_elem(far.fileDescriptor, &key)
            return
        }
        guard bpf_map_update_elem(far.fileDescriptor, &key, &entry, 0) == 0 else {
            throw .call(
                action: "inserting the interface with index \(index)", errorNumber: errno,
                remedy: "at most \(SLUICE_MAX_FAR_INTERFACES) zone interfaces may have an index of "
                    + "\(SLUICE_DENSE_INTERFACES) or more: create them with smaller ones ('ip link add index N')")
        }
    }

    /// The indices of all zone interfaces.
    package var indices: [Int] {
        (1..<Int(SLUICE_DENSE_INTERFACES)).filter { dense[$0].zone != 0 } + farIndices
    }

    private var farIndices: [Int] {
        var result: [Int] = []
        var key: UInt32 = 0
        var next: UInt32 = 0
        var status = bpf_map_get_next_key(far.fileDescriptor, nil, &next)
        while status == 0, result.count < Int(SLUICE_MAX_FAR_INTERFACES) {
            result.append(Int(next))
            key = next
            status = bpf_map_get_next_key(far.fileDescriptor, &key, &next)
        }
        return result
    }

    private static func isDense(_ index: Int) -> Bool { (0..<Int(SLUICE_DENSE_INTERFACES)).contains(index) }
}

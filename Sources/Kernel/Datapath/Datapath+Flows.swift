internal import CLibBPF
package import FlowLayout
import Glibc

extension Datapath {
    /// Where the session of a 5-tuple is; nil if there is none.
    package func flow(_ key: sluice_session_key) -> sluice_flow_value? {
        var key = key
        var value = sluice_flow_value()
        return bpf_map_lookup_elem(map(MapName.flows).fileDescriptor, &key, &value) == 0 ? value : nil
    }

    /// Enters a 5-tuple that is not there yet. The kernel does this on admission; tests and tools do it here.
    package func insertFlow(_ key: sluice_session_key, _ value: sluice_flow_value) throws(KernelError) {
        var key = key
        var value = value
        try SystemCall.check("entering a flow") {
            bpf_map_update_elem(map(MapName.flows).fileDescriptor, &key, &value, UInt64(BPF_NOEXIST))
        }
    }

    /// Takes 5-tuples out of the flow table, many a system call. Those that are not there are passed over.
    package func deleteFlows(_ keys: [sluice_session_key]) throws(KernelError) {
        try keys.withUnsafeBufferPointer { (keys) throws(KernelError) in try deleteFlows(keys) }
    }

    /// Takes 5-tuples out of the flow table, many a system call. Those that are not there are passed over.
    package func deleteFlows(_ keys: UnsafeBufferPointer<sluice_session_key>) throws(KernelError) {
        let descriptor = map(MapName.flows).fileDescriptor
        var done = 0
        while done < keys.count, let start = keys.baseAddress {
            var count = UInt32(keys.count - done)
            let status = bpf_map_delete_batch(descriptor, start + done, &count, nil)
            // Where it fails, count says how many were deleted before.
            done += Int(count)
            if status == 0 { continue }
            switch -status {
            case ENOENT: done += 1
            case EINTR, EAGAIN: continue
            default: throw .call(action: "deleting flows", errorNumber: -status, remedy: nil)
            }
        }
    }

    func map(_ name: String) -> KernelMap {
        guard let map = maps[name] else { preconditionFailure("map \(name) was checked when the datapath was opened") }
        return map
    }
}

import Glibc

/// A C struct in memory of which every byte is zero at first, padding included: libbpf and the kernel refuse arguments with
/// anything in bytes that they do not know, and a Swift value's padding may hold whatever was there before.
///
/// Set fields by way of the pointer; never assign the whole.
func withZeroed<Argument, Result>(
    _ type: Argument.Type, _ body: (UnsafeMutablePointer<Argument>) -> Result
) -> Result {
    withUnsafeTemporaryAllocation(of: Argument.self, capacity: 1) { buffer in
        guard let pointer = buffer.baseAddress else { preconditionFailure("no memory for \(type)") }
        memset(pointer, 0, MemoryLayout<Argument>.stride)
        return body(pointer)
    }
}

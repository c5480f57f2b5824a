import Testing

/// What the ends of real sessions see: sockets of the Linux kernel, in namespaces, with the gateway between them. One test at
/// a time, since the machine is small and timeouts are waited for.
@Suite("Ends", .serialized)
struct EndTests {}

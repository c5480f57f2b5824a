import Testing

/// What the ends of real sessions see: sockets of the Linux kernel, in namespaces, with the gateway between them. A few
/// tests run at a time (``withGateway(alone:timeScale:sessions:rules:extra:_:)``): they wait for their timeouts in
/// parallel, but the machine is small.
@Suite("Ends")
struct EndTests {}

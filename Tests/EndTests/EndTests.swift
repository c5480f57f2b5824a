import Testing

/// What the ends of real sessions see: sockets of the Linux kernel, in namespaces, with the gateway between them. A few tests at
/// a time (``withGateway(alone:timeScale:sessions:rules:extra:_:)``): timeouts are waited for together, but the machine is small.
@Suite("Ends")
struct EndTests {}

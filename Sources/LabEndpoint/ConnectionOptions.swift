import ArgumentParser

/// How connections behave, on both sides.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "Seconds of idleness until TCP keep-alives begin; none are sent without it.")
    var keepaliveIdle: Int32?

    @Option(help: "Seconds between keep-alives.")
    var keepaliveInterval: Int32 = 1

    @Option(help: "Unanswered keep-alives until the connection is given up.")
    var keepaliveCount: Int32 = 9

    @Option(help: "Bytes of receive buffer (SO_RCVBUF), before the connection is made: decides the window's scale.")
    var receiveBuffer: Int32?

    @Option(help: "Bytes that the announced window may not exceed (TCP_WINDOW_CLAMP).")
    var windowClamp: Int32?

    @Option(help: "Seconds between bytes that each connection sends by itself.")
    var sendEvery: Double?

    @Option(help: "Bytes that it sends then.")
    var sendBytes = 1

    @Option(help: "Milliseconds that unacknowledged data may wait (TCP_USER_TIMEOUT).")
    var userTimeout: Int32?

    @Flag(help: "Send back what is received.")
    var echo = false

    @Flag(help: "Don't read until 'read on'.")
    var noRead = false

    @Flag(help: "Say nothing about data received.")
    var quiet = false
}

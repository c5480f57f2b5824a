import ArgumentParser

/// Options for connections of both sides.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "Idle seconds until TCP keep-alives begin; without it none are sent.")
    var keepaliveIdle: Int32?

    @Option(help: "Seconds between keep-alives.")
    var keepaliveInterval: Int32 = 1

    @Option(help: "Unanswered keep-alives until the connection is given up.")
    var keepaliveCount: Int32 = 9

    @Option(help: "Bytes of receive buffer (SO_RCVBUF), set before connecting: it determines the window scale.")
    var receiveBuffer: Int32?

    @Option(help: "Bytes that the announced window may not exceed (TCP_WINDOW_CLAMP).")
    var windowClamp: Int32?

    @Option(help: "Seconds between automatic writes on each connection.")
    var sendEvery: Double?

    @Option(help: "Bytes of each automatic write.")
    var sendBytes = 1

    @Option(help: "Maximum milliseconds for unacknowledged data (TCP_USER_TIMEOUT).")
    var userTimeout: Int32?

    @Flag(help: "Send back what is received.")
    var echo = false

    @Flag(help: "Don't read until 'read on'.")
    var noRead = false

    @Flag(help: "Do not report received data.")
    var quiet = false
}

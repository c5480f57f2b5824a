package import SocketLayout

/// TCP keep-alive of a socket as it takes effect: RFC 1122, 4.2.3.6, and tcp(7).
package struct SocketKeepAlive: Hashable, Sendable {
    /// SO_KEEPALIVE
    package var isOn: Bool
    /// TCP_KEEPIDLE: seconds without traffic before the first probe.
    package var idleSeconds: UInt32
    /// TCP_KEEPINTVL: seconds between two probes.
    package var intervalSeconds: UInt32
    /// TCP_KEEPCNT: probes without an answer after which the connection is given up.
    package var count: UInt32
    /// Which of the three the application, or somebody for it, has set. The others are the system's.
    package var own: OwnValues

    package struct OwnValues: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let idle = OwnValues(rawValue: 1)
        package static let interval = OwnValues(rawValue: 2)
        package static let count = OwnValues(rawValue: 4)

        /// The names in JSON.
        package var names: [String] {
            [(OwnValues.idle, "idle"), (.interval, "interval"), (.count, "count")].filter { contains($0.0) }.map(\.1)
        }
    }

    package init(
        isOn: Bool, idleSeconds: UInt32 = 7200, intervalSeconds: UInt32 = 75, count: UInt32 = 9, own: OwnValues = []
    ) {
        self.isOn = isOn
        self.idleSeconds = idleSeconds
        self.intervalSeconds = intervalSeconds
        self.count = count
        self.own = own
    }

    package init(_ layout: sluice_keep_alive) {
        isOn = layout.isOn != 0
        idleSeconds = layout.idle
        intervalSeconds = layout.interval
        count = layout.count
        own = OwnValues(rawValue: layout.own)
    }

    package var layout: sluice_keep_alive {
        sluice_keep_alive(
            idle: idleSeconds, interval: intervalSeconds, count: count, isOn: isOn ? 1 : 0, own: own.rawValue,
            reserved: (0, 0))
    }

    /// `off`, or `30/10/3`: idle, interval, count.
    package var text: String { isOn ? "\(idleSeconds)/\(intervalSeconds)/\(count)" : "off" }
}

/// What is known of a socket's keep-alive.
package enum KeepAliveView: Hashable, Sendable {
    /// All of it, read in the kernel.
    case exact(SocketKeepAlive)
    /// Without privileges: no timer runs, so it is off.
    case off
    /// Without privileges: its timer runs, and the idle time is at least this number of seconds. The interval is not
    /// visible.
    case onAtLeast(seconds: Double)
    /// Without privileges: another timer runs, which hides it.
    case hidden
    /// The socket has none: a handshake, or TIME-WAIT.
    case none

    /// Whether SO_KEEPALIVE is on; nil: not visible.
    package var isOn: Bool? {
        switch self {
        case .exact(let keepAlive): keepAlive.isOn
        case .off, .none: false
        case .onAtLeast: true
        case .hidden: nil
        }
    }

    /// The cell of a table.
    package var text: String {
        switch self {
        case .exact(let keepAlive): keepAlive.text
        case .off: "off"
        case .onAtLeast(let seconds): "on, >=\(Int(seconds))"
        case .hidden: "?"
        case .none: "-"
        }
    }
}

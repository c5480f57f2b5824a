import Simulation

/// How an end of a session keeps it alive.
package enum KeepAlivePattern: Hashable, Sendable {
    case off
    /// TCP keep-alive: the first probe after `idle` seconds, further ones every `interval` seconds without an answer. After
    /// `count` lost ones the end gives up.
    case tcp(idle: Double, interval: Double, count: Int)
    /// The application sends something every so many seconds.
    case application(period: Double)

    /// Seconds after the last packet until the first probe; nil: none.
    package var idle: Double? {
        switch self {
        case .off: nil
        case .tcp(let idle, _, _): idle
        case .application(let period): period
        }
    }

    /// For the simulation.
    var probing: IdleSession.Probing? {
        switch self {
        case .off: nil
        case .tcp(let idle, let interval, let count):
            IdleSession.Probing(idle: idle, interval: interval, count: count)
        case .application(let period): IdleSession.Probing(idle: period, interval: period, count: nil)
        }
    }

    /// 30 s, 10 s, 3 probes: what Sluice's documents recommend.
    package static let recommended = KeepAlivePattern.tcp(idle: 30, interval: 10, count: 3)
}

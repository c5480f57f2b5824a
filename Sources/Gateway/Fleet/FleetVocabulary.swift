internal import Fleet
internal import FlowCore

extension InstanceState {
    /// A state of the machine's as the instance's record says it.
    init(_ state: Fleet.InstanceState) {
        switch state {
        case .stopped: self = .stopped
        case .serving: self = .serving
        case .starting: self = .starting
        case .drainingRefuse: self = .drainingRefuse
        case .drainingReset: self = .drainingReset
        // What becomes of its sessions is the controller's business, once its process is gone.
        case .ending: self = .ending
        case .unresponsive: self = .unresponsive
        }
    }
}

extension Fleet.InstanceState {
    init(_ state: InstanceState) {
        switch state {
        case .stopped: self = .stopped
        case .serving: self = .serving
        case .starting: self = .starting
        case .drainingRefuse: self = .drainingRefuse
        case .drainingReset: self = .drainingReset
        case .ending: self = .ending
        case .unresponsive: self = .unresponsive
        }
    }
}

extension EndReason {
    init(_ reason: DiscardReason) {
        switch reason {
        case .drained, .stopped: self = .drained
        case .instanceLost: self = .instanceLost
        }
    }
}

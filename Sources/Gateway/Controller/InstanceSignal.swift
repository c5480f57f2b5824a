import Glibc

/// What the controller tells an instance by signal.
enum InstanceSignal {
    /// `instance.json` has changed.
    static let settingsChanged = SIGHUP
}

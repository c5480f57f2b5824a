internal import Kernel

extension RunningGateway {
    /// Frees the memory of a watch over packets whose process has died, and spares the packets its remains. Whoever begins to watch holds the lock.
    func endAbandonedWatch() {
        guard datapath.hasAbandonedWatch(now: MonotonicClock.nanoseconds()),
            let lock = try? ProcessLock(path: directory.watchLockPath)
        else { return }
        datapath.endWatch()
        withExtendedLifetime(lock) {}
    }
}

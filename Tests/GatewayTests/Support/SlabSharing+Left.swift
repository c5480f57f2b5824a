@testable import Gateway

extension SlabSharing {
    /// What a drain of the instance waits for: live sessions, and tombstones, which stay until its end.
    func sessionsLeft(of instance: UInt16) -> Int {
        counts()[instance].map { $0.live + $0.tombstones } ?? 0
    }
}

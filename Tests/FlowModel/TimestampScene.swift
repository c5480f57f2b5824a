import FlowCore
package import FlowLayout

/// A TCP session whose ends send time stamps (RFC 7323), sometimes out of order, for any ``JudgeBench``.
package enum TimestampScene {
    /// Plays it, and returns the last time stamp of each end, the originator's first; nil: none is stored.
    ///
    /// - Parameter stamps: returns the stored time stamps of a slot.
    package static func play(
        on bench: some JudgeBench, _ stamps: (UInt32) -> sluice_timestamps?
    ) -> (UInt32, UInt32)? {
        let frames = FrameBuilder()
        func option(_ value: UInt8) -> [UInt8] { [1, 1, 8, 10, 0, 0, 0, value, 0, 0, 0, 9] }
        func judge(_ frame: [UInt8], _ zone: UInt8) {
            _ = bench.judge(frame, Circumstances(zone: zone, routeZone: 3 - zone, now: 100))
        }
        let ack = TCPFlags.ack
        judge(frames.tcp(flags: TCPFlags.syn, sequence: 999, options: option(200)), 1)
        judge(
            frames.reversed.tcp(
                flags: TCPFlags.syn | ack, sequence: 4999, acknowledgment: 1000, options: [2, 4, 5, 180] + wide(300)),
            2)
        judge(frames.tcp(flags: ack, sequence: 1000, acknowledgment: 5000, options: option(201)), 1)
        judge(frames.tcp(flags: ack, sequence: 1000, acknowledgment: 5000, payload: 10, options: option(203)), 1)
        // One is older and late, one is outside of the window, and one has no time stamp.
        judge(frames.tcp(flags: ack, sequence: 1000, acknowledgment: 5000, payload: 5, options: option(202)), 1)
        judge(frames.tcp(flags: ack, sequence: 900_000, acknowledgment: 5000, payload: 5, options: option(250)), 1)
        judge(frames.tcp(flags: ack, sequence: 1010, acknowledgment: 5000, payload: 5), 1)
        let selective: [UInt8] = [5, 10] + [UInt8](1...8)
        judge(frames.reversed.tcp(flags: ack, sequence: 5000, acknowledgment: 1010, options: selective + wide(305)), 2)
        let key = TCPScript("", "").key(of: frames)
        guard let flow = bench.session(key), let slot = bench.slot(key), let kept = stamps(slot),
            let originator = TimestampTracking.value(kept.originator, generation: flow.1.generation),
            let responder = TimestampTracking.value(kept.responder, generation: flow.1.generation)
        else { return nil }
        return (originator, responder)
    }

    private static func wide(_ value: UInt16) -> [UInt8] {
        [8, 10, 0, 0, UInt8(value >> 8), UInt8(value & 0xFF), 0, 0, 0, 9]
    }
}

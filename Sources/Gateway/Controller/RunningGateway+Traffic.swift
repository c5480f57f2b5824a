internal import FlowLayout
internal import Kernel

extension RunningGateway {
    /// Notes what packets and sessions have met, where `sluice status` finds it: health is what happens to them, and a single look
    /// at totals does not tell what happens now.
    func sampleTraffic(now: UInt64) {
        var resetsSent: UInt64 = 0
        var resetsFailed: UInt64 = 0
        for instance in 0..<Int(SLUICE_MAX_INSTANCES) {
            resetsSent &+= datapath.instances[instance].resetsSent
            resetsFailed &+= datapath.instances[instance].resetsFailed
        }
        traffic.add(
            TrafficSample(
                nanoseconds: now, counters: datapath.counters(), resetsSent: resetsSent, resetsFailed: resetsFailed,
                ends: datapath.sessionTallies.endsByName, sessions: fleet.sessions,
                receivedFrames: ReceivedFrames.total(Set(attached.keys))))
        if record.longestTurn != turns.longest(now: now) {
            record.longestTurn = turns.longest(now: now)
            saveRecord()
        }
        do throws(SystemError) {
            try directory.write(traffic, to: directory.trafficPath)
            report("traffic.json", nil)
        } catch {
            report(
                "traffic.json", "what happens to packets can't be written for reading commands: \(error)",
                next: RunDirectory.writeRemedy)
        }
    }
}

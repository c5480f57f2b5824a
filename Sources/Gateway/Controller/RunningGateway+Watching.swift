internal import FlowLayout
internal import Kernel

extension RunningGateway {
    /// Reads changes of routes and rules, and sets for the kernel program whether next hops may be cached by destination.
    func watchRouting() {
        guard let routingSocket else { return }
        for news in routingSocket.news() { routing.note(news) }
        let now = MonotonicClock.nanoseconds()
        if routing.needsRead(now: now) {
            do throws(KernelError) {
                routing.noteRead(try RoutingSocket.routesByDestination(), now: now)
            } catch {
                log.debug("the routing can't be read, so next hops are cached by source too", ["cause": "\(error)"])
                routing.noteRead(nil, now: now)
            }
        }
        datapath.set(routesByDestination: routing.routesByDestination, now: now)
    }

    /// Makes the kernel's own forwarding carry everything while IPsec policies exist. The fast path does not know them: it would send in
    /// clear what they encrypt, and pass what they forbid (BAD-7).
    func watchSecurityPolicies() {
        securityPolicies?.drain()
        let arePresent: Bool
        do throws(KernelError) {
            arePresent = try SecurityPolicies.arePresent()
            report("IPsec", nil)
        } catch {
            // If it is unknown, assume that there are policies.
            arePresent = true
            report(
                "IPsec",
                "the IPsec policies can't be read, so the kernel's own forwarding carries everything: \(error)",
                next: "see why they can't be read: ip xfrm policy, sluice doctor")
        }
        guard arePresent != datapath.leavesToKernel else { return }
        datapath.set(leavesToKernel: arePresent)
        log.notice(
            arePresent
                ? "there are IPsec policies: the kernel's own forwarding carries everything ('ip xfrm policy' lists them)"
                : "there are no IPsec policies any more: the fast path carries packets again")
    }

    /// Writes a sample of the counters to the file that `sluice status` reads. Health depends on what happens now, which a single
    /// reading of totals does not show.
    func sampleTraffic(now: UInt64) {
        var resetsSent: UInt64 = 0
        var resetsFailed: UInt64 = 0
        for instance in 0..<Int(SLUICE_MAX_INSTANCES) {
            resetsSent &+= datapath.table.instances[instance].resetsSent
            resetsFailed &+= datapath.table.instances[instance].resetsFailed
        }
        traffic.add(
            TrafficSample(
                nanoseconds: now, counters: datapath.counters(), resetsSent: resetsSent, resetsFailed: resetsFailed,
                ends: datapath.sessionTallies.endsByName, sessions: fleet.sessions,
                receivedFrames: ReceivedFrames.total(Set(attached.keys))))
        if record.longestTurn != iterations.longest(now: now) {
            record.longestTurn = iterations.longest(now: now)
            saveRecord()
        }
        do throws(SystemError) {
            try directory.write(traffic, to: directory.trafficPath)
            report("traffic.json", nil)
        } catch {
            report(
                "traffic.json", "the traffic counters can't be written for reading commands: \(error)",
                next: RunDirectory.writeRemedy)
        }
    }

    /// Ends a packet watch whose process has died, and frees its memory. A live process that watches packets holds the lock.
    func endAbandonedWatch() {
        guard datapath.hasAbandonedWatch(now: MonotonicClock.nanoseconds()),
            let lock = try? ProcessLock(path: directory.watchLockPath)
        else { return }
        datapath.endWatch()
        withExtendedLifetime(lock) {}
    }
}

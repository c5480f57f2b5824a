import Glibc
package import Kernel
internal import Policy

/// The controller: `sluice run`. Starts a gateway, supervises it, answers requests, and stops it.
package enum Controller {
    /// The interval between two checks of instances and interfaces.
    private static let watchNanoseconds: UInt64 = 1_000_000_000
    /// The guard is checked once in this many checks, because that starts a program.
    private static let iterationsPerGuardCheck = 10
    /// A sample of the traffic counters is written once in this many checks.
    private static let iterationsPerSample = Int(TrafficSamples.intervalNanoseconds / watchNanoseconds)

    /// Why the loop ends.
    private enum Ending {
        /// The gateway is stopped.
        case stop
        /// Another controller takes over; the gateway continues.
        case handOver
    }

    /// Runs a gateway in the foreground. SIGTERM, SIGINT or a request to stop end the gateway. SIGUSR2 ends only the controller: the
    /// gateway continues without one until the next controller takes over (PKG-3).
    ///
    /// - Parameters:
    ///   - configurationPath: the file to read now and at every reload.
    ///   - version: of this binary, for commands that ask which version runs.
    ///   - root: where the run directory is.
    ///   - ready: called once the gateway forwards.
    /// - Throws: one message with the cause and the remedy. Nothing is left half-configured then.
    package static func run(
        configurationPath: String, version: BinaryVersion? = nil, root: String = RunDirectory.standardRoot,
        ready: () -> Void
    ) throws(GatewayError) {
        SignalPipe.ignoreBrokenPipes()
        let log = Log(label: "controller", threshold: Log.levelFromEnvironment)
        defer { log.output.flush() }
        // Before the first step: a Ctrl-C during the steps is then not lost, but handled after them.
        let signals = try GatewayError.wrapping {
            try SignalPipe(catching: [SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD])
        }
        let gateway = try StartUp.run(configurationPath: configurationPath, root: root, log: log, version: version)
        log.notice("gateway \(gateway.configuration.gateway) forwards", ["configuration": gateway.source.path])
        ready()
        if !ServiceNotification.send("READY=1") {
            log.warning("the service manager did not accept the ready message", ["socket": "NOTIFY_SOCKET"])
        }
        let ending = watch(gateway, signals: signals)
        ServiceNotification.send("STOPPING=1")
        switch ending {
        case .stop: try gateway.shutDown()
        case .handOver: gateway.handOver()
        }
    }

    private static func watch(_ gateway: RunningGateway, signals: SignalPipe) -> Ending {
        var nextWatch = MonotonicClock.nanoseconds() + watchNanoseconds
        var iterations = 0
        var lastIteration = MonotonicClock.nanoseconds()
        while true {
            let began = MonotonicClock.nanoseconds()
            let due = gateway.jobs.isEmpty ? min(nextWatch, gateway.nextIteration(now: began)) : began
            let woken = wait(gateway, signals, until: due)
            let wokenAt = MonotonicClock.nanoseconds()
            gateway.iterations.begin(now: wokenAt)
            defer { gateway.noticeIteration(now: MonotonicClock.nanoseconds()) }
            // Even if nothing happens, the loop runs once a second.
            gateway.noticeAbsence(due: lastIteration + watchNanoseconds, now: wokenAt)
            lastIteration = wokenAt
            for signal in signals.take() {
                switch signal {
                case SIGTERM, SIGINT:
                    gateway.stopCause = signal == SIGTERM ? "SIGTERM" : "SIGINT"
                    return .stop
                case SIGUSR2:
                    gateway.stopCause = "SIGUSR2"
                    return .handOver
                case SIGHUP: gateway.reload(by: "SIGHUP", for: nil)
                // The end of an instance, handled below.
                default: break
                }
            }
            gateway.waker.clear()
            gateway.did(.signals)
            gateway.server.serve(now: MonotonicClock.nanoseconds()) {
                gateway.answer($0, from: $1, number: $2)
            }
            gateway.did(.requests)
            gateway.fleet.iterate(now: MonotonicClock.nanoseconds())
            gateway.sendAnswers(now: MonotonicClock.nanoseconds())
            gateway.did(.fleet)
            gateway.finishGuard()
            gateway.did(.guard)
            gateway.advanceReload(now: MonotonicClock.nanoseconds())
            gateway.did(.reload)
            gateway.workOnSessions()
            gateway.did(.sessions)
            if gateway.shallStop { return .stop }
            if woken.byRouting { gateway.watchRouting() }
            gateway.did(.routing)
            if woken.bySecurityPolicies { gateway.watchSecurityPolicies() }
            gateway.did(.ipsec)
            let now = MonotonicClock.nanoseconds()
            gateway.notifyService(now: now)
            guard now >= nextWatch else { continue }
            nextWatch = now + watchNanoseconds
            if iterations % iterationsPerSample == 0 { gateway.sampleTraffic(now: now) }
            gateway.did(.traffic)
            watch(gateway)
            iterations += 1
            if iterations % iterationsPerGuardCheck == 0 { gateway.shrinkGuard() }
            gateway.did(.guard)
        }
    }

    /// Runs once a second.
    private static func watch(_ gateway: RunningGateway) {
        // While a kernel program is being replaced, it looks like a foreign one for a moment.
        if !gateway.fleet.replacement.isRunning { gateway.watchInterfaces() }
        gateway.did(.interfaces)
        gateway.watchRouting()
        gateway.did(.routing)
        gateway.watchSecurityPolicies()
        gateway.did(.ipsec)
        gateway.tendHistory()
        gateway.did(.history)
        gateway.endAbandonedWatch()
        gateway.watchLog()
        gateway.did(.log)
        gateway.watchFlowLog()
        gateway.did(.flowLog)
        gateway.watchAPI(now: MonotonicClock.nanoseconds())
        gateway.did(.api)
    }

    /// Waits for an event, at most until the deadline. Returns whether the routing or IPsec policies have changed.
    private static func wait(
        _ gateway: RunningGateway, _ signals: SignalPipe, until deadline: UInt64
    ) -> (byRouting: Bool, bySecurityPolicies: Bool) {
        var descriptors = gateway.server.pollDescriptors
        for descriptor in [signals.fileDescriptor, gateway.waker.fileDescriptor] {
            descriptors.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
        // poll ignores a negative descriptor.
        for descriptor in [gateway.routingSocket?.fileDescriptor, gateway.securityPolicies?.fileDescriptor] {
            descriptors.append(pollfd(fd: descriptor ?? -1, events: Int16(POLLIN), revents: 0))
        }
        let now = MonotonicClock.nanoseconds()
        let timeout = deadline > now ? (deadline - now + 999_999) / 1_000_000 : 0
        _ = poll(&descriptors, nfds_t(descriptors.count), Int32(timeout))
        let heard = descriptors.suffix(2).map { $0.revents != 0 }
        return (heard.first ?? false, heard.last ?? false)
    }
}

import Glibc
package import Kernel
internal import Policy

/// The controller: `sluice run`. Brings a gateway up, looks after it, does what it is asked to, and takes it down.
package enum Controller {
    /// Between two looks at instance and interfaces.
    private static let watchNanoseconds: UInt64 = 1_000_000_000
    /// Every so many looks the guard is looked at too, which costs starting a program.
    private static let looksPerGuardCheck = 10
    /// And every so many, what packets have met is written down.
    private static let looksPerSample = Int(TrafficSamples.intervalNanoseconds / watchNanoseconds)

    /// What the loop ends for.
    private enum Ending {
        /// The gateway is taken down.
        case stop
        /// Another controller comes; the gateway goes on.
        case handOver
    }

    /// Runs a gateway in the foreground until SIGTERM, SIGINT or a request to stop, which take it down, or until SIGUSR2, after which it
    /// goes on without a controller until the next one takes over (PKG-3).
    ///
    /// - Parameters:
    ///   - configurationPath: the file to read now and at every reload.
    ///   - version: of this binary, for those who ask what runs.
    ///   - root: where the run directory is.
    ///   - ready: called once it forwards.
    /// - Throws: one message that names cause and remedy; nothing is left half-configured then.
    package static func run(
        configurationPath: String, version: BinaryVersion? = nil, root: String = RunDirectory.standardRoot,
        ready: () -> Void
    ) throws(GatewayError) {
        SignalPipe.ignoreBrokenPipes()
        let log = Log(label: "controller", threshold: Log.levelFromEnvironment)
        defer { log.output.flush() }
        // Before the first step, so that a Ctrl-C amid them is not lost but waits.
        let signals = try GatewayError.wrapping {
            try SignalPipe(catching: [SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD])
        }
        let gateway = try StartUp.run(configurationPath: configurationPath, root: root, log: log, version: version)
        log.notice("gateway \(gateway.configuration.gateway) forwards", ["configuration": gateway.source.path])
        ready()
        if !ServiceNotification.send("READY=1") {
            log.warning("the service manager does not take that the gateway is ready", ["socket": "NOTIFY_SOCKET"])
        }
        let ending = look(after: gateway, signals: signals)
        ServiceNotification.send("STOPPING=1")
        switch ending {
        case .stop: try gateway.shutDown()
        case .handOver: gateway.handOver()
        }
    }

    private static func look(after gateway: RunningGateway, signals: SignalPipe) -> Ending {
        var nextWatch = MonotonicClock.nanoseconds() + watchNanoseconds
        var looks = 0
        var lastTurn = MonotonicClock.nanoseconds()
        while true {
            let began = MonotonicClock.nanoseconds()
            let due = gateway.jobs.isEmpty ? min(nextWatch, gateway.nextTurn(now: began)) : began
            let woken = wait(gateway, signals, until: due)
            let wokenAt = MonotonicClock.nanoseconds()
            gateway.turns.begin(now: wokenAt)
            defer { gateway.noticeTurn(now: MonotonicClock.nanoseconds()) }
            // However little there is to do, the loop turns once a second.
            gateway.noticeAbsence(due: lastTurn + watchNanoseconds, now: wokenAt)
            lastTurn = wokenAt
            for signal in signals.take() {
                switch signal {
                case SIGTERM, SIGINT:
                    gateway.stopCause = signal == SIGTERM ? "SIGTERM" : "SIGINT"
                    return .stop
                case SIGUSR2:
                    gateway.stopCause = "SIGUSR2"
                    return .handOver
                case SIGHUP: gateway.reload(by: "SIGHUP", for: nil)
                // The end of an instance, seen to below.
                default: break
                }
            }
            gateway.waker.clear()
            gateway.did(.signals)
            gateway.server.serve(now: MonotonicClock.nanoseconds()) {
                gateway.answer($0, from: $1, number: $2)
            }
            gateway.did(.requests)
            gateway.fleet.turn(now: MonotonicClock.nanoseconds())
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
            if looks % looksPerSample == 0 { gateway.sampleTraffic(now: now) }
            gateway.did(.traffic)
            watch(gateway)
            looks += 1
            if looks % looksPerGuardCheck == 0 { gateway.shrinkGuard() }
            gateway.did(.guard)
        }
    }

    /// Once a second.
    private static func watch(_ gateway: RunningGateway) {
        // A kernel program that is being replaced looks like a foreign one for a moment.
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

    /// Waits for whatever comes first. Returns whether the routing or IPsec policies have changed.
    private static func wait(
        _ gateway: RunningGateway, _ signals: SignalPipe, until deadline: UInt64
    ) -> (byRouting: Bool, bySecurityPolicies: Bool) {
        var descriptors = gateway.server.pollDescriptors
        for descriptor in [signals.fileDescriptor, gateway.waker.fileDescriptor] {
            descriptors.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
        // poll ignores an entry that is negative.
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

internal import FlowLayout
internal import Kernel
internal import Policy

extension RunningGateway {
    /// Reads the configuration again and applies all of it, or nothing (OPS-3, NSG-8). Sessions stay, except those that the new rules
    /// deny (NSG-3): these are ended afterwards, in steps. The loop never waits for it.
    ///
    /// - Parameters:
    ///   - requester: who asks, for the history.
    ///   - number: of the request. It is answered when all sessions have been judged again, or when the file is refused; nil: SIGHUP.
    func reload(by requester: String, for number: Int?) {
        guard reloading.isIdle else {
            reloading.isWantedAgain = true
            reloading.requestersAgain.append(requester)
            if let number { reloading.askedAgain.append(number) }
            log.notice("a reload is in progress: the file is read again after it")
            return
        }
        reloading.requesters = [requester]
        if let number { reloading.asked.append(number) }
        beginReload()
    }

    private func beginReload() {
        log.info("reading the configuration again", ["file": source.path])
        let (path, old, inForce, directory, log) = (source.path, configuration, policy, directory, log)
        do throws(SystemError) {
            reloading.step = .preparing(
                try LoopWork(waking: waker) {
                    Result { () throws(GatewayError) in
                        let prepared = try PreparedReload(
                            path: path, inForce: inForce, old: old, directory: directory)
                        log.info("the configuration is read and compiled", ["file": path])
                        return prepared
                    }
                })
        } catch {
            reloading.step = .refused(GatewayError(error))
        }
    }

    /// Continues the reload as far as possible without waiting.
    func advanceReload(now: UInt64) {
        switch reloading.step {
        case .none: break
        case .refused(let error): refuse(error)
        case .preparing(let work):
            switch work.take() {
            case nil: break
            case .failure(let error): refuse(error)
            case .success(let prepared) where widenedGuard(for: prepared) == nil: enforce(prepared, now: now)
            case .success(let prepared):
                reloading.step = .prepared(prepared)
                advanceReload(now: now)
            }
        case .prepared(let prepared):
            if guardKeeping.work == nil { widenGuard(for: prepared) }
        case .guarding(let prepared, let work):
            guard let problem = work.take() else { break }
            if let problem { refuse(GatewayError(problem)) } else { enforce(prepared, now: now) }
        case .settling(let until, let applied):
            if now >= until, guardKeeping.finished >= applied.guardCheck { finish(applied) }
        }
    }

    /// When ``advanceReload(now:)`` is due, if nothing wakes the loop earlier.
    var nextReloadStep: UInt64? {
        switch reloading.step {
        case .settling(let until, _): until
        case .refused: 0
        case .none, .preparing, .prepared, .guarding: nil
        }
    }

    /// Ends the reload because the gateway stops or its controller is replaced. Clients that wait for a change that was not made get that
    /// answer.
    func abandonReload(because reason: String = "the gateway is stopping") {
        let now = MonotonicClock.nanoseconds()
        if case .settling = reloading.step {
            for number in reloading.asked {
                server.answer(
                    number,
                    ControlResponse(ok: true, message: "the new rules are in force, and \(reason)"),
                    now: now)
            }
            reloading.asked = []
        }
        for number in reloading.takeAsked() {
            server.answer(
                number, ControlResponse(ok: false, message: "\(reason)\nNothing was changed."), now: now)
        }
        // A thread that compiles changes nothing and ends with the process. A thread that runs nft is waited for.
        if !reloading.isGuarding { reloading.step = .none }
    }

    private static let refusedFile = "configuration"

    /// Reports that the file was refused at the start, and that the gateway continues with the previous configuration, until a reload
    /// accepts the file.
    func reportRefusedFile(_ reason: String) {
        report(
            Self.refusedFile,
            "\(source.path) is refused, and the configuration that was in force before the start stays: \(reason)",
            next: "correct the file, then: sluice reload")
    }

    private func refuse(_ error: GatewayError) {
        log.error("reload refused; what was in force stays", ["cause": "\(error)"])
        datapath.table.runtime.pointee.reloadErrors &+= 1
        recordEvent(.reloadRefused(reason: "\(error)", by: reloading.requester))
        for number in reloading.asked {
            server.answer(
                number, ControlResponse(ok: false, message: "\(error)\nNothing was changed.", refusal: .invalid),
                now: MonotonicClock.nanoseconds())
        }
        let guardMayBeWider = reloading.ownsGuard
        reloading.asked = []
        reloading.step = .none
        if guardMayBeWider { shrinkGuard() }
        beginNextReload()
    }

    private func beginNextReload() {
        guard reloading.isWantedAgain else { return }
        reloading.requesters = reloading.requestersAgain
        reloading.requestersAgain = []
        reloading.asked = reloading.takeAsked()
        beginReload()
    }

    // MARK: The guard

    /// The interfaces of both configurations: the guard covers them during the change. Nil: they are the same.
    private func widenedGuard(for prepared: PreparedReload) -> [String]? {
        let old = configuration.zones.flatMap(\.interfaces).sorted()
        let both = Set(old + prepared.source.configuration.zones.flatMap(\.interfaces)).sorted()
        return both == old ? nil : both
    }

    private func widenGuard(for prepared: PreparedReload) {
        let gateway = configuration.gateway
        let both = widenedGuard(for: prepared) ?? []
        do throws(SystemError) {
            reloading.step = .guarding(
                prepared,
                try LoopWork(waking: waker) {
                    do throws(KernelError) {
                        try Guard.install(gateway: gateway, interfaces: both)
                        return nil
                    } catch {
                        return "\(error)"
                    }
                })
        } catch {
            refuse(GatewayError(error))
        }
    }

    // MARK: The change

    /// Makes the change, in one iteration of the loop.
    private func enforce(_ prepared: PreparedReload, now: UInt64) {
        var undo = UndoStack()
        do {
            try apply(prepared, &undo)
        } catch {
            var message = "\(error)"
            for failure in undo.unwind() { message += "\n\(failure)" }
            return refuse(GatewayError(message))
        }
        // The reload does not own the guard any more.
        reloading.step = .none
        reloading.step = .settling(
            until: MonotonicClock.nanoseconds() + PolicyChange.graceNanoseconds,
            AppliedReload(
                path: prepared.source.path, plan: prepared.plan, rules: prepared.source.configuration.rules.count,
                guardCheck: shrinkGuard()))
    }

    /// First the steps that can fail, each with its undo step; then the change of policy, which can't fail.
    private func apply(_ prepared: PreparedReload, _ undo: inout UndoStack) throws {
        let (new, plan, change) = (prepared.source, prepared.plan, prepared.change)
        let preparedAPI = try api.prepare(new.configuration)
        let added = try plan.attach.sorted { $0.key < $1.key }.map { name, zone in
            (interface: try NetworkInterface.find(name), zone: zone)
        }
        try change.prepare()
        let (directory, oldSource, oldPolicy) = (directory, source, policy)
        undo.did("writing \(directory.path)") {
            try oldPolicy.persist(to: directory)
            try FileStore.replace(directory.configurationPath, with: oldSource.bytes)
        }
        try change.persist(to: directory)
        try FileStore.replace(directory.configurationPath, with: new.bytes)
        let attachment = attachment
        for (interface, zone) in added {
            try attachment.attach(interface, zone: change.zones.identity(of: zone) ?? 0)
            undo.did("attaching to \(interface.name)") { try attachment.detach(index: interface.index) }
        }

        // From here on nothing is undone.
        undo.commit()
        change.apply()
        for (interface, _) in added { attached[interface.name] = interface }
        source = new
        policy = change
        rewriteInterfaces()
        for (interface, _) in added { recordEvent(.interfaceAttached(interface.name, reason: "a zone has it now")) }
        for name in plan.detach { detach(name) }
        applyFleetSettings()
        checkFlowLog()
        for notice in new.configuration.notices { log.notice(notice) }
        saveRecord()
        beginAPI(preparedAPI)
    }

    /// No packet is judged by the previous image any more. Now live sessions are judged again; the requests are answered at the end.
    private func finish(_ applied: AppliedReload) {
        let (asked, requester) = (reloading.asked, reloading.requester)
        report(Self.refusedFile, nil)
        reloading.asked = []
        reloading.step = .none
        endDenied { [weak self] ended, isWhole in
            guard let self else { return }
            let summary = Self.summary(applied.plan, rules: applied.rules, ended: ended, isWhole: isWhole)
            log.notice("reloaded", ["file": applied.path, "changes": summary])
            recordEvent(.reloaded(file: applied.path, changes: summary, by: requester))
            for number in asked {
                server.answer(
                    number, ControlResponse(ok: true, message: summary), now: MonotonicClock.nanoseconds())
            }
        }
        beginNextReload()
    }

    /// Detaches the program from an interface that no longer belongs to a zone.
    private func detach(_ name: String) {
        guard let interface = attached.removeValue(forKey: name) else { return }
        do throws(KernelError) {
            try attachment.detach(index: interface.index)
            recordEvent(.interfaceDetached(name))
            report("interface \(name)", nil)
        } catch {
            reportAttached(name, "\(error)")
        }
    }

    /// Writes all interfaces again: their zones, or how they pass packets on, may have changed.
    private func rewriteInterfaces() {
        for zone in configuration.zones {
            for name in zone.interfaces {
                guard let interface = attached[name] else { continue }
                rewrite(interface, zone: policy.zones.identity(of: zone.name) ?? 0)
            }
        }
    }

    /// - Parameter isWhole: false if a later reload came before all sessions were judged.
    static func summary(_ plan: ReloadPlan, rules: Int, ended: Int, isWhole: Bool = true) -> String {
        var parts = ["\(rules) rules in force"]
        if !plan.attach.isEmpty { parts.append("attached: \(plan.attach.keys.sorted().joined(separator: ", "))") }
        if !plan.detach.isEmpty { parts.append("detached: \(plan.detach.joined(separator: ", "))") }
        if !plan.rezone.isEmpty { parts.append("other zone: \(plan.rezone.keys.sorted().joined(separator: ", "))") }
        if ended > 0 { parts.append("\(ended) sessions ended that the rules deny now") }
        if !isWhole { parts.append("a later reload judges the other sessions") }
        return parts.joined(separator: "; ")
    }
}

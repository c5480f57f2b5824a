internal import Kernel
internal import Policy

extension RunningGateway {
    /// Reads the configuration again and applies it: all of it, or nothing (OPS-3, NSG-8). Sessions are kept, but for those
    /// that the new rules deny (NSG-3), which are ended from then on, a piece at a time.
    ///
    /// - Parameter finished: called when all sessions are judged; with what has changed, for people.
    func reload(finished: @escaping (String) -> Void) throws(GatewayError) {
        let new = try ConfigurationSource(path: source.path)
        let plan = try ReloadPlan(from: configuration, to: new.configuration)
        var undo = UndoStack()
        do {
            try apply(new, plan, &undo)
        } catch {
            var message = "\(error)"
            for failure in undo.unwind() { message += "\n\(failure)" }
            throw GatewayError(message)
        }
        endDenied { [weak self] ended, isWhole in
            let summary = Self.summary(
                plan, rules: new.configuration.rules.count, ended: ended, isWhole: isWhole)
            self?.log.notice("reloaded", ["file": new.path, "changes": summary])
            self?.tell(.reloaded(file: new.path, changes: summary))
            finished(summary)
        }
    }

    /// The steps that can fail come first, each with its undoing; then the change of policy, which can't.
    private func apply(_ new: ConfigurationSource, _ plan: ReloadPlan, _ undo: inout UndoStack) throws {
        let added = try plan.attach.sorted { $0.key < $1.key }.map { name, zone in
            (interface: try NetworkInterface.find(name), zone: zone)
        }
        let change = try PolicyChange(
            to: new.configuration, datapath: datapath, directory: directory, isNew: false, inForce: policy)
        let (directory, oldSource, oldPolicy) = (directory, source, policy)
        undo.did("writing \(directory.path)") {
            try oldPolicy.persist(to: directory)
            try FileStore.replace(directory.configurationPath, with: oldSource.bytes)
        }
        try change.persist(to: directory)
        try FileStore.replace(directory.configurationPath, with: new.bytes)
        try guardBoth(old: configuration, new: new.configuration, &undo)
        let attachment = attachment
        for (interface, zone) in added {
            try attachment.attach(interface, zone: change.zones.identity(of: zone) ?? 0)
            undo.did("attaching to \(interface.name)") { try attachment.detach(index: interface.index) }
        }

        // From here on nothing is taken back.
        undo.commit()
        change.apply()
        for (interface, _) in added { attached[interface.name] = interface }
        source = new
        policy = change
        rewriteInterfaces()
        for (interface, _) in added { tell(.interfaceAttached(interface.name, reason: "a zone has it now")) }
        for name in plan.detach { detach(name) }
        shrinkGuard()
        applyFleetSettings()
        checkFlowLog()
        for notice in new.configuration.notices { log.notice(notice) }
        saveRecord()
    }

    /// As long as old and new interfaces are changed over, both are guarded.
    private func guardBoth(old: Configuration, new: Configuration, _ undo: inout UndoStack) throws {
        let gateway = new.gateway
        let oldInterfaces = old.zones.flatMap(\.interfaces).sorted()
        let both = Set(oldInterfaces + new.zones.flatMap(\.interfaces)).sorted()
        if both == oldInterfaces { return }
        undo.did("the guard") { try Guard.install(gateway: gateway, interfaces: oldInterfaces) }
        try Guard.install(gateway: gateway, interfaces: both)
    }

    /// Takes the program off an interface that is no zone's any more.
    private func detach(_ name: String) {
        guard let interface = attached.removeValue(forKey: name) else { return }
        do throws(KernelError) {
            try attachment.detach(index: interface.index)
            tell(.interfaceDetached(name))
            report("interface \(name)", nil)
        } catch {
            // It stays guarded, and judged by a program that does not know it as a zone: nothing passes.
            report("interface \(name)", "interface \(name) could not be detached: \(error)")
        }
    }

    /// Guards what is configured, and nothing else.
    func shrinkGuard() {
        let interfaces = configuration.zones.flatMap(\.interfaces).sorted()
        if Guard.isInstalled(gateway: configuration.gateway, interfaces: interfaces) {
            return report("guard", nil)
        }
        do throws(KernelError) {
            try Guard.install(gateway: configuration.gateway, interfaces: interfaces)
            report("guard", nil)
        } catch {
            report("guard", "the guard is not as it should be: \(error)")
        }
    }

    /// Interfaces may have changed zone, or how they hand packets on.
    private func rewriteInterfaces() {
        for zone in configuration.zones {
            for name in zone.interfaces {
                guard let interface = attached[name] else { continue }
                rewrite(interface, zone: policy.zones.identity(of: zone.name) ?? 0)
            }
        }
    }

    /// - Parameter isWhole: false where a later reload came before all sessions were judged.
    static func summary(_ plan: ReloadPlan, rules: Int, ended: Int, isWhole: Bool = true) -> String {
        var parts = ["\(rules) rules in force"]
        if !plan.attach.isEmpty { parts.append("attached: \(plan.attach.keys.sorted().joined(separator: ", "))") }
        if !plan.detach.isEmpty { parts.append("detached: \(plan.detach.joined(separator: ", "))") }
        if !plan.rezone.isEmpty { parts.append("other zone: \(plan.rezone.keys.sorted().joined(separator: ", "))") }
        if ended > 0 { parts.append("\(ended) sessions ended that the rules deny now") }
        if !isWhole { parts.append("the other sessions are judged by a reload that came after this one") }
        return parts.joined(separator: "; ")
    }
}

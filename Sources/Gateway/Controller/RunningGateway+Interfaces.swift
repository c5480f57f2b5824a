internal import Kernel
internal import Policy

extension RunningGateway {
    /// Checks that every zone interface is there and has the kernel program, and repairs what it can. Meanwhile the guard blocks
    /// everything on an interface without the program.
    func watchInterfaces() {
        for zone in configuration.zones {
            for name in zone.interfaces { watch(name, zone: policy.zones.identity(of: zone.name) ?? 0) }
        }
    }

    private func watch(_ name: String, zone: UInt8) {
        let present = try? NetworkInterface.find(name)
        let known = attached[name]
        let subject = "interface \(name)"
        let seen = InterfaceWatch.Observation(
            knownIndex: known?.index, presentIndex: present?.index,
            isAttached: present.map { datapath.isAttached(interfaceIndex: $0.index) } ?? false)
        switch InterfaceWatch.decide(seen) {
        case .none:
            // Its MTU may have changed.
            if let present, present != known { rewrite(present, zone: zone) }
            report(subject, nil)
        case .forget(let index):
            letGo(index, subject)
            attached[name] = nil
            reportGone(name)
        case .missing:
            reportGone(name)
        case .attach(let old):
            if let old { letGo(old, subject) }
            attached[name] = nil
            if let present { attachAgain(present, zone, subject) }
        case .attachAgain:
            report(
                subject, "the program was detached from interface \(name): nothing passes it until the program is back",
                next: "the controller attaches it again at once; see what happened before: sluice event list")
            if let present { attachAgain(present, zone, subject) }
        }
    }

    /// Detaches an interface that no longer belongs to a zone. It may still exist under another name.
    private func letGo(_ index: Int, _ subject: String) {
        do throws(KernelError) {
            try attachment.detach(index: index)
        } catch {
            report(
                subject, "the program can't be detached from the former \(subject): \(error)",
                next: "detach it by hand: sluice release NAME --force ('ip link' shows its name)")
        }
    }

    /// Writes the entry of an attached interface again.
    func rewrite(_ interface: NetworkInterface, zone: UInt8) {
        do throws(KernelError) {
            try attachment.write(interface, zone: zone)
            attached[interface.name] = interface
        } catch {
            report("interface \(interface.name)", "\(error)")
        }
    }

    private func attachAgain(_ interface: NetworkInterface, _ zone: UInt8, _ subject: String) {
        do throws(KernelError) {
            try attachment.attach(interface, zone: zone)
            attached[interface.name] = interface
            log.notice("attached to interface \(interface.name) again")
            recordEvent(.interfaceAttached(interface.name, reason: "it was gone, or the program was taken off"))
            saveRecord()
        } catch {
            report(
                subject, "can't attach to interface \(interface.name), so nothing passes it: \(error)",
                next: "the controller tries again every second; remove the program in its place (tc, bpftool net)")
        }
    }

    /// Detaches the program from interfaces that an earlier controller attached to and that are no longer configured, even if they have
    /// been renamed.
    func detachLeftovers(of predecessor: ControllerRecord?) {
        let kept = Set(attached.values.map(\.index))
        for (name, index) in predecessor?.interfaces ?? [:] where !kept.contains(index) {
            do throws(KernelError) {
                try attachment.detach(index: index)
            } catch {
                reportAttached(name, "\(error)")
            }
        }
        shrinkGuard()
    }

    private func reportGone(_ name: String) {
        report(
            "interface \(name)", "interface \(name) is gone",
            next:
                "create it ('ip link' lists those that are there): the controller attaches to it; or take it out of the zone's "
                + "interfaces, then: sluice reload")
    }

    /// Reports an interface that stays attached. The guard covers it, and the program knows no zone for it: nothing passes.
    func reportAttached(_ name: String, _ reason: String) {
        report(
            "interface \(name)", "interface \(name) could not be detached: \(reason)",
            next: "detach it by hand: sluice release \(name) --force")
    }
}

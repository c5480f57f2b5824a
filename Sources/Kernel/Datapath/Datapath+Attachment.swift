internal import CLibBPF

extension Datapath {
    /// Makes our program judge what comes in by an interface. Attaching again, as after a restart of the controller, is
    /// atomic: no packet passes in between.
    ///
    /// `previous` is the ``ingressProgramIdentifier`` of an earlier datapath, whose program may be replaced. Any other
    /// program at our place is an error: ``KernelError/interfaceTaken(interface:program:identifier:holder:)``.
    package func attach(interface: NetworkInterface, replacing previous: UInt32? = nil) throws(KernelError) {
        let hold: FileDescriptor?
        if let pins {
            hold = try pins.lockPrograms()
            // Another process may have replaced them since they were opened.
            try reopenPrograms()
        } else {
            hold = nil
        }
        defer { extendLifetime(hold) }
        try attachHoldingLock(interface: interface, replacing: previous)
    }

    /// The same, for who keeps all others from replacing the program: see ``PinDirectory/lockPrograms()``.
    func attachHoldingLock(interface: NetworkInterface, replacing previous: UInt32?) throws(KernelError) {
        let program = try program(ProgramName.ingress)
        let attached = TrafficControl.attachedProgram(interfaceIndex: interface.index)
        if let attached, attached != program.identifier, attached != previous,
            attached != previousProgramIdentifier
        {
            throw .interfaceTaken(
                interface: interface.name, program: LoadedProgram.nameInKernel(identifier: attached) ?? "unknown",
                identifier: attached, holder: Self.holder(ofProgram: attached))
        }
        let isNew = try TrafficControl.createHook(interface)
        if isNew { pins?.mark(Self.mark(interface.index), with: program.fileDescriptor) }
        do throws(KernelError) {
            try TrafficControl.attach(program, interface, replacing: attached != nil)
        } catch {
            if isNew { removeHook(interfaceIndex: interface.index) }
            throw error
        }
    }

    /// Takes our program off an interface, and the clsact if it was made for it and nothing else uses it. Another's
    /// program stays. That the interface is gone is no error.
    package func detach(interfaceIndex: Int) throws(KernelError) {
        guard isAttached(interfaceIndex: interfaceIndex) else { return }
        try TrafficControl.detach(interfaceIndex: interfaceIndex)
        if pins?.isMarked(Self.mark(interfaceIndex)) ?? true { removeHook(interfaceIndex: interfaceIndex) }
    }

    package func detach(interface: NetworkInterface) throws(KernelError) {
        try detach(interfaceIndex: interface.index)
    }

    /// Whether this datapath's program judges what comes in by the interface.
    package func isAttached(interfaceIndex: Int) -> Bool {
        guard let program = programs[ProgramName.ingress] else { return false }
        return TrafficControl.attachedProgram(interfaceIndex: interfaceIndex) == program.identifier
    }

    /// The kernel's identifier of the program that is attached.
    package var ingressProgramIdentifier: UInt32? { programs[ProgramName.ingress]?.identifier }

    private func removeHook(interfaceIndex: Int) {
        TrafficControl.destroyHookIfEmpty(interfaceIndex: interfaceIndex)
        pins?.unmark(Self.mark(interfaceIndex))
    }

    /// Tells, in the pins, that the interface's clsact is ours.
    private static func mark(_ interfaceIndex: Int) -> String { "clsact-\(interfaceIndex)" }

    /// Whose program it is, for people.
    private static func holder(ofProgram identifier: UInt32) -> String {
        for gateway in PinDirectory.gateways() {
            let path = GatewayName.pinDirectory(gateway) + "/" + ProgramName.ingress
            let number = bpf_obj_get(path)
            guard number >= 0 else { continue }
            let descriptor = FileDescriptor(number)
            if let program = try? LoadedProgram(name: ProgramName.ingress, descriptor: descriptor),
                program.identifier == identifier
            {
                return "gateway \(gateway)"
            }
        }
        return "no gateway that is known here"
    }
}

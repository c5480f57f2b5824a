import Glibc

extension Datapath {
    /// Attaches our program to an interface: it then judges what comes in there. Attaching again, as after a restart of
    /// the controller, is atomic: no packet passes without a judgement.
    ///
    /// `previous` is the ``ingressProgramIdentifier`` of an earlier datapath, whose program may be replaced. Any other
    /// program in our position is an error: ``KernelError/interfaceTaken(interface:program:identifier:holder:)``.
    package func attach(interface: NetworkInterface, replacing previous: UInt32? = nil) throws(KernelError) {
        let lock = try pins?.lock()
        defer { withExtendedLifetime(lock) {} }
        try reopenPrograms()
        let attached = attachedProgram(interface.index)
        if let attached, attached != previous, !isOurs(attached) {
            let holder = GatewayPrograms.holder(of: attached)
            let program = holder?.program ?? LoadedProgram.inKernel(identifier: attached)
            throw .interfaceTaken(
                interface: interface.name, program: program?.name ?? "unknown", identifier: attached,
                holder: holder.map { "gateway \($0.gateway)" } ?? "no gateway that is known here")
        }
        try attachUnlocked(interface)
    }

    /// Attaches the program that is open here to an interface, and replaces what is there. Only for holders of the
    /// pins' lock.
    func attachUnlocked(_ interface: NetworkInterface) throws(KernelError) {
        let program = try program(ProgramName.ingress)
        let index = interface.index
        guard TrafficControlExpress.isSupported(interfaceIndex: index) else { return try attachToClsact(interface) }
        let attached = TrafficControlExpress.attachedProgram(interfaceIndex: index, ours: program)
        try TrafficControlExpress.attach(program, interface, replacing: attached)
        // tcx runs first, and a packet does not go on to a clsact after it. The program on the clsact has judged until
        // now, and no longer does.
        if TrafficControl.attachedProgram(interfaceIndex: index) != nil {
            try TrafficControl.detach(interfaceIndex: index)
            removeHookIfMarked(interfaceIndex: index)
        }
    }

    /// For kernels before Linux 6.6.
    func attachToClsact(_ interface: NetworkInterface) throws(KernelError) {
        let program = try program(ProgramName.ingress)
        let index = interface.index
        let isNew = try TrafficControl.createHook(interface)
        if isNew { pins?.mark(Self.mark(index), with: program.fileDescriptor) }
        do throws(KernelError) {
            let isReplaced = TrafficControl.attachedProgram(interfaceIndex: index) != nil
            try TrafficControl.attach(program, interface, replacing: isReplaced)
        } catch {
            if isNew { removeHook(interfaceIndex: index) }
            throw error
        }
    }

    /// The program in our position on an interface; nil: none.
    func attachedProgram(_ interfaceIndex: Int) -> UInt32? {
        Self.attachedProgram(interfaceIndex, ours: programs[ProgramName.ingress])
    }

    private static func attachedProgram(_ interfaceIndex: Int, ours: LoadedProgram? = nil) -> UInt32? {
        TrafficControlExpress.attachedProgram(interfaceIndex: interfaceIndex, ours: ours)?.identifier
            ?? TrafficControl.attachedProgram(interfaceIndex: interfaceIndex)
    }

    /// Detaches the program of a gateway from an interface: the program of a gateway that no longer exists, or, by
    /// force, of any. After that, what comes in is subject to that gateway's guard.
    ///
    /// - Returns: the program's identifier; nil: there was none.
    /// - Throws: ``KernelError/interfaceTaken(interface:program:identifier:holder:)`` if a gateway has it, and it is
    ///   not by force. Another error if a program is there but can't be recognised without CAP_SYS_ADMIN.
    package static func release(interface: NetworkInterface, byForce: Bool) throws(KernelError) -> UInt32? {
        guard let attached = attachedProgram(interface.index) else {
            guard !Capability.has(.systemAdministration),
                TrafficControlExpress.hasProgram(interfaceIndex: interface.index)
            else { return nil }
            throw .call(
                action: "recognising the program on interface \(interface.name)", errorNumber: EPERM,
                remedy: "run it as root with CAP_SYS_ADMIN")
        }
        if let holder = GatewayPrograms.holder(of: attached), !byForce {
            throw .interfaceTaken(
                interface: interface.name, program: ProgramName.ingress, identifier: attached,
                holder: "gateway \(holder.gateway)")
        }
        try takeOff(attached, interfaceIndex: interface.index)
        TrafficControl.destroyHookIfEmpty(interfaceIndex: interface.index)
        return attached
    }

    private static func takeOff(
        _ attached: UInt32, ours: LoadedProgram? = nil, interfaceIndex: Int
    ) throws(KernelError) {
        let express = TrafficControlExpress.attachedProgram(interfaceIndex: interfaceIndex, ours: ours)
        if let express, express.identifier == attached {
            try TrafficControlExpress.detach(express, interfaceIndex: interfaceIndex)
        } else {
            try TrafficControl.detach(interfaceIndex: interfaceIndex)
        }
    }

    /// Detaches our program from an interface. Removes the clsact too, if it was created for the program and nothing
    /// else uses it. Programs of others stay. It is not an error if the interface no longer exists.
    package func detach(interfaceIndex: Int) throws(KernelError) {
        // Without pins there is no other process.
        let lock = try? pins?.lock()
        defer { withExtendedLifetime(lock) {} }
        guard let attached = attachedProgram(interfaceIndex), isOurs(attached) else { return }
        try Self.takeOff(attached, ours: programs[ProgramName.ingress], interfaceIndex: interfaceIndex)
        removeHookIfMarked(interfaceIndex: interfaceIndex)
    }

    package func detach(interface: NetworkInterface) throws(KernelError) {
        try detach(interfaceIndex: interface.index)
    }

    /// Whether this datapath's program judges what comes in by the interface.
    package func isAttached(interfaceIndex: Int) -> Bool {
        attachedProgram(interfaceIndex).map { isOurs($0) } ?? false
    }

    /// The kernel's identifier of the program that is attached.
    package var ingressProgramIdentifier: UInt32? { programs[ProgramName.ingress]?.identifier }

    /// Without pins no other process can have created it.
    private func removeHookIfMarked(interfaceIndex: Int) {
        if pins?.isMarked(Self.mark(interfaceIndex)) ?? true { removeHook(interfaceIndex: interfaceIndex) }
    }

    private func removeHook(interfaceIndex: Int) {
        TrafficControl.destroyHookIfEmpty(interfaceIndex: interfaceIndex)
        pins?.unmark(Self.mark(interfaceIndex))
    }

    /// Records in the pins that the interface's clsact is ours.
    private static func mark(_ interfaceIndex: Int) -> String { "clsact-\(interfaceIndex)" }
}

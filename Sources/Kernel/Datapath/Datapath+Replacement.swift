internal import FlowLayout
internal import KernelObject

extension Datapath {
    /// Replaces the kernel program of a gateway with the one in this binary. The maps stay, with all sessions. On each
    /// interface the filter is replaced in place, so every packet is judged either by the old program or by the new
    /// one.
    ///
    /// The process may be killed at any point, and this may be called again, also while a controller attaches: both
    /// hold the pins' lock. Call it in the gateway's network namespace.
    ///
    /// - Parameter onlyIfDifferent: whether programs with the same instructions are not replaced.
    /// - Returns: the number of interfaces on which it was replaced; nil: the programs are equal, and nothing was
    ///   replaced.
    /// - Throws: ``KernelError/layoutMismatch(gateway:found:expected:)`` if this binary's program has other maps.
    @discardableResult
    package static func replacePrograms(
        gateway: String, onlyIfDifferent: Bool = false
    ) throws(KernelError) -> Int? {
        let old = try open(gateway: gateway)
        guard let pins = old.pins else { throw .notLoaded(gateway: gateway, path: "no pins") }
        // The verifier takes one or two seconds. So load before taking the lock, which a controller may wait for.
        let loaded = try ObjectLoader.load(
            object: KernelObject.bytes, programs: ProgramName.serving, mapCapacities: [:], reusing: old.maps)
        let lock = try pins.lock()
        defer { withExtendedLifetime(lock) {} }
        try old.reopenPrograms()
        let isSame = loaded.programs.allSatisfy { name, program in old.programs[name]?.tag == program.tag }
        if onlyIfDifferent, isSame { return nil }
        let before = try old.program(ProgramName.ingress)
        // From here on, whoever finds the old program on an interface knows that it is ours.
        pins.mark(PinDirectory.previousMark + "\(before.identifier)", with: before.fileDescriptor)
        try pins.replace(loaded, keeping: Set(old.maps.keys))
        let new = try open(gateway: gateway)
        var count = 0
        for index in old.interfaces.indices {
            guard let name = NetworkInterface.name(index: index), let attached = new.attachedProgram(index),
                attached != new.ingressProgramIdentifier, new.isOurs(attached)
            else { continue }
            try new.attachUnlocked(try NetworkInterface.find(name))
            count += 1
        }
        for mark in pins.marks(prefix: PinDirectory.previousMark) { pins.unmark(mark) }
        return count
    }

    /// Whether a program on an interface is this gateway's: the one that is open here, the one that is pinned now, or
    /// one that another process is replacing, or was replacing when it was killed.
    func isOurs(_ identifier: UInt32) -> Bool {
        if identifier == ingressProgramIdentifier { return true }
        guard let pins else { return false }
        return pins.programIdentifier(ProgramName.ingress) == identifier
            || pins.isMarked(PinDirectory.previousMark + "\(identifier)")
    }

    /// Continues with the programs that are pinned now: another process may have replaced them.
    package func reopenPrograms() throws(KernelError) {
        guard let pins, pins.programIdentifier(ProgramName.ingress) != ingressProgramIdentifier else { return }
        programs = try pins.open().programs
    }
}

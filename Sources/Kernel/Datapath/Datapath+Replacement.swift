internal import FlowLayout
internal import KernelObject

extension Datapath {
    /// Replaces the kernel program of a gateway by the one that this binary carries. The maps stay, with all sessions; on each
    /// interface the filter is replaced in place, so that every packet is judged by the old program or by the new one.
    ///
    /// May die at any point, and be called again, also while a controller attaches: who attaches holds the pins' lock. Call it in
    /// the gateway's network namespace.
    ///
    /// - Parameter onlyIfDifferent: whether programs stay that have the same instructions.
    /// - Returns: on how many interfaces it was replaced; nil: it is the same, and stays.
    /// - Throws: ``KernelError/layoutMismatch(gateway:found:expected:)`` if this binary's program has other maps.
    @discardableResult
    package static func replacePrograms(
        gateway: String, onlyIfDifferent: Bool = false
    ) throws(KernelError) -> Int? {
        let old = try open(gateway: gateway)
        guard let pins = old.pins else { throw .notLoaded(gateway: gateway, path: "no pins") }
        // The verifier takes a second or two: before the lock, which a controller may wait for.
        let loaded = try ObjectLoader.load(
            object: KernelObject.bytes, programs: ProgramName.serving, mapCapacities: [:], reusing: old.maps)
        let lock = try pins.lock()
        defer { withExtendedLifetime(lock) {} }
        try old.reopenPrograms()
        let isSame = loaded.programs.allSatisfy { name, program in old.programs[name]?.tag == program.tag }
        if onlyIfDifferent, isSame { return nil }
        let before = try old.program(ProgramName.ingress)
        // Who finds the old program on an interface from here on knows that it is ours.
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

    /// Whether a program that lies on an interface is this gateway's: the one that is open here, the one that is pinned now, or one
    /// that another process is just replacing, or was when it died.
    func isOurs(_ identifier: UInt32) -> Bool {
        if identifier == ingressProgramIdentifier { return true }
        guard let pins else { return false }
        return pins.programIdentifier(ProgramName.ingress) == identifier
            || pins.isMarked(PinDirectory.previousMark + "\(identifier)")
    }

    /// Goes on with the programs that are pinned now: another process may have replaced them.
    package func reopenPrograms() throws(KernelError) {
        guard let pins, pins.programIdentifier(ProgramName.ingress) != ingressProgramIdentifier else { return }
        programs = try pins.open().programs
    }
}

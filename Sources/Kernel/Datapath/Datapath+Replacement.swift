internal import FlowLayout
internal import KernelObject

extension Datapath {
    /// Replaces the kernel program of a gateway by the one that this binary carries. The maps stay, with all sessions; on each
    /// interface the filter is replaced in place, so that every packet is judged by the old program or by the new one.
    ///
    /// May die at any point, and be called again. Call it in the gateway's network namespace.
    ///
    /// - Returns: on how many interfaces it was replaced.
    /// - Throws: ``KernelError/layoutMismatch(gateway:found:expected:)`` if this binary's program has other maps.
    package static func replacePrograms(gateway: String) throws(KernelError) -> Int {
        let pins = try PinDirectory(gateway: gateway)
        guard pins.exists else { throw .notLoaded(gateway: gateway, path: pins.path) }
        let hold = try pins.lockPrograms()
        defer { extendLifetime(hold) }
        let old = try open(gateway: gateway)
        let loaded = try ObjectLoader.load(object: KernelObject.bytes, mapCapacities: [:], reusing: old.maps)
        let before = try old.program(ProgramName.ingress)
        // Who finds the old program on an interface from here on knows that it may be replaced.
        if !pins.isMarked(Datapath.previousMark) { pins.mark(Datapath.previousMark, with: before.fileDescriptor) }
        try pins.replace(loaded, keeping: Set(old.maps.keys))
        let new = try open(gateway: gateway)
        var count = 0
        for index in 1..<Int(SLUICE_MAX_INTERFACES) where old.interfaces[index].zone != 0 {
            guard let name = NetworkInterface.name(index: index), !new.isAttached(interfaceIndex: index) else {
                continue
            }
            let attached = TrafficControl.attachedProgram(interfaceIndex: index)
            guard attached == before.identifier || attached == new.previousProgramIdentifier else { continue }
            try new.attachHoldingLock(interface: try NetworkInterface.find(name), replacing: attached)
            count += 1
        }
        pins.unmark(Datapath.previousMark)
        return count
    }

    /// The program that is being replaced; nil where none is.
    var previousProgramIdentifier: UInt32? { pins?.markedProgram(Datapath.previousMark)?.identifier }

    /// Goes on with the programs that are pinned now: another process has replaced them.
    package func reopenPrograms() throws(KernelError) {
        guard let pins else { return }
        programs = try pins.open().programs
    }

    static let previousMark = "previous"
}

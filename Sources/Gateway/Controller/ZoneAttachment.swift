internal import FlowLayout
internal import Kernel
internal import Policy

/// Attaches the datapath to zone interfaces, and detaches it. Attaching writes first the interface's entry and then the program;
/// detaching is in reverse order. So the program never runs without the entry that it needs.
struct ZoneAttachment {
    let datapath: Datapath
    /// Whether packets may be passed directly to the other end of a veth pair.
    let vethShortcut: Bool

    func attach(_ interface: NetworkInterface, zone: UInt8) throws(KernelError) {
        let before = datapath.interfaces[interface.index]
        try write(interface, zone: zone)
        do throws(KernelError) {
            try datapath.attach(interface: interface)
        } catch {
            try datapath.interfaces.set(before, at: interface.index)
            throw error
        }
    }

    /// Writes an interface's entry, or writes it again: its zone or MTU may have changed.
    func write(_ interface: NetworkInterface, zone: UInt8) throws(KernelError) {
        let entry = sluice_interface(
            zone: zone, linkHeaderLength: UInt8(interface.linkHeaderLength),
            handsToPeer: vethShortcut && interface.leadsToOtherNamespace ? 1 : 0, reserved: 0,
            mtu: UInt32(interface.mtu))
        try datapath.interfaces.set(entry, at: interface.index)
    }

    /// Detaches the program, whatever name the interface has now. Packets that arrive afterwards meet the guard. It is not an error if the
    /// interface is gone, and its program with it.
    func detach(index: Int) throws(KernelError) {
        try datapath.detach(interfaceIndex: index)
        // Another interface may get this index later.
        try datapath.interfaces.set(sluice_interface(), at: index)
    }
}

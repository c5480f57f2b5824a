internal import FlowLayout
internal import Kernel
internal import Policy

/// Puts the datapath on zone interfaces, and takes it off: first the interface's entry, then the program, and the other way
/// round, so that the program never judges by an entry that is not there.
struct ZoneAttachment {
    let datapath: Datapath
    /// Whether packets may go straight to the other end of a veth pair.
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

    /// Writes or renews an interface's entry: its zone or MTU may have changed.
    func write(_ interface: NetworkInterface, zone: UInt8) throws(KernelError) {
        let entry = sluice_interface(
            zone: zone, linkHeaderLength: UInt8(interface.linkHeaderLength),
            handsToPeer: vethShortcut && interface.leadsToOtherNamespace ? 1 : 0, reserved: 0,
            mtu: UInt32(interface.mtu))
        try datapath.interfaces.set(entry, at: interface.index)
    }

    /// Takes the program off, whatever the interface is called by now; what comes in then meets the guard. That the interface is gone, and
    /// its program with it, is no error.
    func detach(index: Int) throws(KernelError) {
        try datapath.detach(interfaceIndex: index)
        // The index may come to mean another one.
        try datapath.interfaces.set(sluice_interface(), at: index)
    }
}

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
        write(interface, zone: zone)
        do throws(KernelError) {
            try datapath.attach(interface: interface)
        } catch {
            datapath.interfaces[interface.index] = before
            throw error
        }
    }

    /// Writes or renews an interface's entry: its zone or MTU may have changed.
    func write(_ interface: NetworkInterface, zone: UInt8) {
        datapath.interfaces[interface.index] = sluice_interface(
            zone: zone, linkHeaderLength: UInt8(interface.linkHeaderLength),
            handsToPeer: vethShortcut && interface.leadsToOtherNamespace ? 1 : 0, reserved: 0,
            mtu: UInt32(interface.mtu))
    }

    /// Takes the program off; what comes in then meets the guard.
    func detach(index: Int) throws(KernelError) {
        try datapath.detach(interfaceIndex: index)
        forget(index: index)
    }

    /// The interface has gone, and its program with it; its index may come to mean another one.
    func forget(index: Int) { datapath.interfaces[index] = sluice_interface() }
}

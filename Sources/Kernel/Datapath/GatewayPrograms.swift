/// Which programs on interfaces are gateways', and how they are reached.
///
/// A gateway's programs have names in its pins: these give their descriptors to whoever may read them. By a program's identifier alone
/// the kernel gives a descriptor only to CAP_SYS_ADMIN (BPF_PROG_GET_FD_BY_ID), which a gateway does without. So a program
/// that a gateway which is gone has left on an interface is recognised with CAP_SYS_ADMIN only.
enum GatewayPrograms {
    /// The gateway that has pinned this program; nil: none, or its pins are another user's.
    static func holder(of identifier: UInt32) -> (gateway: String, program: LoadedProgram)? {
        for gateway in PinDirectory.gateways() {
            guard let pins = try? PinDirectory(gateway: gateway) else { continue }
            if let program = pins.ingressProgram(identifier: identifier) { return (gateway, program) }
        }
        return nil
    }

    /// The program, if it is a gateway's.
    ///
    /// - Parameter ours: a program that this process holds, pinned or not.
    static func program(_ identifier: UInt32, ours: LoadedProgram? = nil) -> LoadedProgram? {
        if let ours, ours.identifier == identifier { return ours }
        if let holder = holder(of: identifier) { return holder.program }
        return LoadedProgram.inKernel(identifier: identifier).flatMap { $0.name == ProgramName.ingress ? $0 : nil }
    }
}

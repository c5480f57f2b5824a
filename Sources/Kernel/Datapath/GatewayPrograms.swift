/// Which programs on interfaces belong to gateways, and how to open them.
///
/// A gateway's programs have names in its pins. Whoever may read the pins can open the programs by these names. By a
/// program's identifier alone the kernel opens it only with CAP_SYS_ADMIN (BPF_PROG_GET_FD_BY_ID), which a gateway does
/// not need. So a program that a gateway left on an interface when it ended can be recognised only with CAP_SYS_ADMIN.
enum GatewayPrograms {
    /// The gateway that has pinned this program; nil: none, or its pins belong to another user.
    static func holder(of identifier: UInt32) -> (gateway: String, program: LoadedProgram)? {
        for gateway in PinDirectory.gateways() {
            guard let pins = try? PinDirectory(gateway: gateway) else { continue }
            if let program = pins.ingressProgram(identifier: identifier) { return (gateway, program) }
        }
        return nil
    }

    /// The program, if it belongs to a gateway.
    ///
    /// - Parameter ours: a program that this process holds, pinned or not.
    static func program(_ identifier: UInt32, ours: LoadedProgram? = nil) -> LoadedProgram? {
        if let ours, ours.identifier == identifier { return ours }
        if let holder = holder(of: identifier) { return holder.program }
        return LoadedProgram.inKernel(identifier: identifier).flatMap { $0.name == ProgramName.ingress ? $0 : nil }
    }
}

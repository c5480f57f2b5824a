internal import CLibBPF
import Glibc

/// A capability of Linux (capabilities(7)), by its number.
package enum Capability: Int, Sendable {
    /// For the guard, programs on interfaces, routing, network sysctls.
    case networkAdministration = 12
    /// For RSTs and probes, through raw sockets.
    case rawSockets = 13
    case systemAdministration = 21
    /// For loading the program: without it the verifier also follows what a mispredicted branch could do, and gives up.
    case performance = 38
    /// For maps and programs.
    case bpf = 39

    /// What a gateway needs, whatever its user.
    package static let needed: [Capability] = [.bpf, .networkAdministration, .rawSockets, .performance]

    package var name: String {
        switch self {
        case .networkAdministration: "CAP_NET_ADMIN"
        case .rawSockets: "CAP_NET_RAW"
        case .systemAdministration: "CAP_SYS_ADMIN"
        case .performance: "CAP_PERFMON"
        case .bpf: "CAP_BPF"
        }
    }

    /// The kernel also accepts CAP_SYS_ADMIN for these two: they were split from it.
    private var isPartOfSystemAdministration: Bool { self == .performance || self == .bpf }

    /// Whether this thread has it.
    package static func has(_ capability: Capability) -> Bool { capability.isIn(effective) }

    /// The needed capabilities that this thread does not have.
    package static func missing() -> [Capability] { missing(in: effective) }

    /// - Parameter mask: effective capabilities (CapEff of proc(5)).
    static func missing(in mask: UInt64) -> [Capability] {
        needed.filter { capability in
            !capability.isIn(mask)
                && !(capability.isPartOfSystemAdministration && Capability.systemAdministration.isIn(mask))
        }
    }

    /// Passes the capabilities on to the programs that this thread starts: `nft`, and the instances. Programs of root
    /// have them anyway.
    package static func handOn() throws(KernelError) {
        guard geteuid() != 0 else { return }
        try SystemCall.check("passing the capabilities on to the programs that sluice starts", remedy: remedy) {
            sluice_hand_on_capabilities()
        }
    }

    /// How to give a process the needed capabilities.
    package static var remedy: String {
        let names = needed.map(\.name).joined(separator: " ")
        return "run it as root, or with 'AmbientCapabilities=\(names)' in its systemd unit"
    }

    private func isIn(_ mask: UInt64) -> Bool { mask >> UInt64(rawValue) & 1 == 1 }

    private static var effective: UInt64 {
        let status = TextFile.read("/proc/thread-self/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let digits = line?.split(whereSeparator: { $0 == "\t" || $0 == " " }).last ?? ""
        return UInt64(digits, radix: 16) ?? 0
    }
}

internal import CLibBPF
internal import FlowLayout
import Glibc

/// Whether this machine can run a gateway (BAD-6): for `sluice doctor`, and before `sluice run` does anything.
///
/// What can be tried is tried, on maps that are not pinned and in a separate network namespace that is removed
/// afterwards. So the check changes nothing, and is right even where a version number would be wrong.
package enum MachineCheck {
    /// All findings, in the order in which a person would correct them.
    ///
    /// Memory must be there for the capacity, and the zone interfaces must exist in the caller's network namespace.
    ///
    /// - Parameter directories: the directories in which a gateway creates files, besides bpffs.
    package static func findings(
        capacitySessions: Int, interfaces: [String] = [], directories: [String] = []
    ) -> [MachineFinding] {
        var result = [kernelVersion()] + features()
        result += [typeInformation(), privileges(), justInTimeCompiler(), library(), bpffs(), clock()]
        result += (directories + [GatewayName.pinRoot]).map { directory($0) }
        result.append(memory(capacitySessions: capacitySessions))
        result.append(nftables())
        result.append(securityPolicies())
        // The trials need privileges. Without them all would fail for the one reason that is listed already.
        if Capability.missing().isEmpty {
            result += programAndAttachment() + [guardTable(), rawSockets()]
        }
        result += interfaces.map { interface($0) }
        return result
    }

    /// The oldest kernel whose verifier, tc and helpers the program was written for.
    static let oldestKernel = KernelRelease(6, 1)

    // MARK: What can be read

    private static func kernelVersion() -> MachineFinding {
        let remedy = "boot Linux \(oldestKernel) or newer (Debian 12 has it)"
        return MachineFinding(
            "kernel version", isMet: isNewEnough(release: release), found: "Linux \(release)", remedy: remedy)
    }

    /// Whether a kernel release such as `6.1.0-18-amd64` is new enough.
    static func isNewEnough(release: String) -> Bool {
        KernelRelease(release).map { $0 >= oldestKernel } ?? false
    }

    /// The release of the running kernel: `6.1.0-18-amd64`.
    package static var release: String {
        var names = utsname()
        uname(&names)
        return withUnsafeBytes(of: &names.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// The kernel's type information. Our maps and programs have their own, and do not use the kernel's.
    private static func typeInformation() -> MachineFinding {
        let path = "/sys/kernel/btf/vmlinux"
        let isThere = access(path, F_OK) == 0
        return MachineFinding(
            "BTF", isMet: true,
            found: isThere ? "the kernel's is there; not needed" : "the kernel has none; not needed", remedy: "")
    }

    /// Features that this kernel may lack.
    private static func features() -> [MachineFinding] {
        guard let running = KernelRelease(release) else { return [] }
        return KernelFeature.all.map { $0.finding(on: running) }
    }

    private static func privileges() -> MachineFinding {
        let missing = Capability.missing().map(\.name)
        return MachineFinding(
            "privileges", isMet: missing.isEmpty,
            found: missing.isEmpty ? "all capabilities needed" : "missing \(missing.joined(separator: ", "))",
            remedy: Capability.remedy)
    }

    private static func justInTimeCompiler() -> MachineFinding {
        let value = TextFile.read("/proc/sys/net/core/bpf_jit_enable")?.prefix { $0.isNumber }
        // Only root may read it. A kernel that always compiles may not have it.
        return MachineFinding(
            "BPF just-in-time compiler", isMet: value != "0",
            found: value.map { $0 == "0" ? "off" : "on" } ?? "unknown: built in, or not readable",
            remedy: "switch it on with 'sysctl net.core.bpf_jit_enable=1'")
    }

    private static func library() -> MachineFinding {
        let major = libbpf_major_version()
        return MachineFinding(
            "libbpf", isMet: major >= 1, found: "\(major).\(libbpf_minor_version())",
            remedy: "apt-get install libbpf1 of Debian 12 or newer")
    }

    private static func bpffs() -> MachineFinding {
        let isMounted = BPFFileSystem.isMounted
        let isThere = access(BPFFileSystem.path, F_OK) == 0
        let canMount = Capability.has(.systemAdministration)
        return MachineFinding(
            "bpffs", isMet: isMounted || (isThere && canMount),
            found: isMounted
                ? "mounted on \(BPFFileSystem.path)"
                : !isThere
                    ? "\(BPFFileSystem.path) does not exist"
                    : canMount
                        ? "not mounted; 'sluice run' mounts it" : "not mounted, and mounting it needs CAP_SYS_ADMIN",
            remedy: isThere
                ? BPFFileSystem.mountRemedy : "mount sysfs on /sys, and use a kernel with CONFIG_BPF_SYSCALL")
    }

    private static func directory(_ path: String) -> MachineFinding {
        if path == GatewayName.pinRoot, !BPFFileSystem.isMounted {
            return MachineFinding(
                "directory \(path)", isMet: true, found: "not visible until bpffs is mounted", remedy: "")
        }
        let problem = DirectoryCheck(path).problem
        return MachineFinding(
            "directory \(path)", isMet: problem == nil, found: problem?.cause ?? "can be written",
            remedy: problem.map { "as root, '\($0.remedy)'" } ?? "")
    }

    private static func clock() -> MachineFinding {
        var resolution = timespec()
        clock_getres(CLOCK_MONOTONIC, &resolution)
        let nanoseconds = resolution.tv_sec * 1_000_000_000 + resolution.tv_nsec
        return MachineFinding(
            "clock", isMet: nanoseconds <= 1_000_000, found: "CLOCK_MONOTONIC of \(nanoseconds) ns",
            remedy: "use a kernel with high-resolution timers (CONFIG_HIGH_RES_TIMERS)")
    }

    /// Bytes of kernel memory that a datapath of this capacity needs, approximately. See ``DatapathMemory`` for the
    /// real value.
    package static func estimatedBytes(capacitySessions: Int) -> Int? {
        guard let plan = try? SlabPlan(capacitySessions: capacitySessions) else { return nil }
        // A flow: bucket, link, key and value, and its part of the preallocation.
        let flow = 128
        let word = MemoryLayout<UInt64>.stride
        let ringEntry = MemoryLayout<UInt16>.stride
        let session = flow + MemoryLayout<sluice_session>.stride + word + ringEntry
        let fixed = 2 * Int(SLUICE_POLICY_BYTES) + (8 << 20)
        return plan.slotCount * session + fixed
    }

    private static func memory(capacitySessions: Int) -> MachineFinding {
        guard let needed = estimatedBytes(capacitySessions: capacitySessions) else {
            let error = KernelError.capacityOutOfRange(
                asked: capacitySessions, maximum: SlabPlan.maximumCapacitySessions)
            return MachineFinding(
                "memory", isMet: false, found: "\(error)", remedy: "set capacity.sessions within this range")
        }
        let information = TextFile.read("/proc/meminfo") ?? ""
        let line = information.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let available = (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
        return MachineFinding(
            "memory", isMet: available > needed,
            found: "\(available >> 20) MiB available, \(capacitySessions) sessions need \(needed >> 20) MiB",
            remedy: "lower capacity.sessions, or give this machine more memory")
    }

    private static func nftables() -> MachineFinding {
        let path = Command.path(of: "nft")
        return MachineFinding(
            "nftables", isMet: path != nil, found: path ?? "no 'nft'", remedy: "apt-get install nftables")
    }

    /// They do not prevent a gateway from running, but its packets do not take the fast path.
    private static func securityPolicies() -> MachineFinding {
        let found =
            switch Result(catching: { () throws(KernelError) in try SecurityPolicies.arePresent() }) {
            case .success(false): "none here"
            case .success(true):
                "there are some here ('ip xfrm policy'): the kernel's own forwarding carries every packet, slower than the fast path"
            case .failure(let error): "can't be read, so the kernel's own forwarding carries every packet: \(error)"
            }
        return MachineFinding("IPsec policies", isMet: true, found: found, remedy: "")
    }

    private static func interface(_ name: String) -> MachineFinding {
        tried("interface \(name)", remedy: "correct 'zones' in the configuration, or add the interface") {
            () throws(KernelError) in
            let interface = try NetworkInterface.find(name)
            return "index \(interface.index), MTU \(interface.mtu)\(interface.isUp ? "" : ", down")"
        }
    }

    // MARK: What is tried

    /// The verifier takes seconds, on a slow machine a minute. So both checks share one load.
    private static func programAndAttachment() -> [MachineFinding] {
        var loaded: Datapath?
        let program = tried("kernel program", remedy: "use a kernel that this version of sluice was tested with") {
            () throws(KernelError) in
            loaded = try Datapath.load(gateway: "doctor", capacitySessions: 64, pinned: false)
            let cost = loaded?.verifierCosts[ProgramName.ingress]
            return "accepted by the verifier"
                + (cost.map { ", which processed \($0.instructions) instructions in \($0.microseconds / 1000) ms" }
                    ?? "")
        }
        guard let datapath = loaded else { return [program] }
        let remedy = "use a kernel with CONFIG_NET_CLS_ACT, CONFIG_NET_CLS_BPF and CONFIG_NET_SCH_INGRESS"
        let attachment = triedApart("tc ingress", remedy: remedy) { () throws(KernelError) in
            try UnnamedNetworkNamespace().run { () throws(KernelError) in
                try datapath.attach(interface: try NetworkInterface.find("lo"))
            }
            return "a program can be attached"
        }
        return [program, attachment]
    }

    private static func guardTable() -> MachineFinding {
        triedApart("guard", remedy: "use a kernel with CONFIG_NF_TABLES_INET, and apt-get install nftables") {
            () throws(KernelError) in
            try UnnamedNetworkNamespace().run { () throws(KernelError) in
                try Guard.install(gateway: "doctor", interfaces: ["lo"])
                guard Guard.isInstalled(gateway: "doctor", interfaces: ["lo"]) else {
                    throw .commandFailed(command: "nft", status: 0, output: "the table is missing")
                }
            }
            return "nftables accepts it"
        }
    }

    private static func rawSockets() -> MachineFinding {
        tried("raw sockets", remedy: "run it with CAP_NET_RAW") { () throws(KernelError) in
            _ = try SegmentInjector()
            return "resets can be sent"
        }
    }

    /// Tries something in a separate network namespace, if that can be created.
    private static func triedApart(
        _ requirement: String, remedy: String, _ trial: () throws(KernelError) -> String
    ) -> MachineFinding {
        guard Capability.has(.systemAdministration) else {
            return MachineFinding(
                requirement, isMet: true,
                found: "not tried: a network namespace for it needs CAP_SYS_ADMIN; 'sudo sluice doctor' tries it",
                remedy: "")
        }
        return tried(requirement, remedy: remedy, trial)
    }

    private static func tried(
        _ requirement: String, remedy: String, _ trial: () throws(KernelError) -> String
    ) -> MachineFinding {
        do throws(KernelError) {
            return MachineFinding(requirement, isMet: true, found: try trial(), remedy: remedy)
        } catch {
            return MachineFinding(requirement, isMet: false, found: "\(error)", remedy: remedy)
        }
    }
}

/// One requirement of a gateway for its machine, and what was found.
package struct MachineFinding: Equatable, Sendable, Codable {
    /// What is needed: `kernel version`, `privileges`, ...
    package let requirement: String
    package let isMet: Bool
    /// What was found.
    package let found: String
    /// What to do about it; nil if the requirement is met.
    package let remedy: String?

    init(_ requirement: String, isMet: Bool, found: String, remedy: String) {
        self.requirement = requirement
        self.isMet = isMet
        self.found = found
        self.remedy = isMet ? nil : remedy
    }
}

extension MachineFinding: CustomStringConvertible {
    package var description: String {
        "\(requirement): \(found)" + (remedy.map { ": \($0)" } ?? "")
    }
}

import Glibc

/// The machine on which the figures were measured.
struct MachineFacts: Codable {
    let processor: String
    let cores: Int
    let memoryMebibytes: Int
    let kernel: String
    let hypervisor: String
    /// /proc/sys/net/core/bpf_jit_enable.
    let jit: String
    /// The load average of the last minute, at the start.
    let load: String

    init() throws {
        let information = try BenchFile.read("/proc/cpuinfo")
        processor = Self.value("model name", in: information) ?? "unknown processor"
        hypervisor =
            (Self.value("flags", in: information) ?? "").contains(" hypervisor") ? "virtual machine" : "bare metal"
        cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        memoryMebibytes = (sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))) >> 20
        kernel = try Self.line("/proc/sys/kernel/osrelease")
        jit = (try? Self.line("/proc/sys/net/core/bpf_jit_enable")) ?? "unknown"
        load = try Self.line("/proc/loadavg").split(separator: " ").first.map(String.init) ?? ""
    }

    private static func value(_ key: String, in text: String) -> String? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        guard let line, let colon = line.firstIndex(of: ":") else { return nil }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
    }

    private static func line(_ path: String) throws -> String {
        String(try BenchFile.read(path).prefix { $0 != "\n" })
    }
}

internal import CLibBPF
import Glibc

/// Loads an eBPF object file into the kernel.
enum ObjectLoader {
    struct Loaded {
        var maps: [String: KernelMap] = [:]
        var programs: [String: LoadedProgram] = [:]
        /// By program, for those that were loaded in this call.
        var costs: [String: VerifierCost] = [:]
    }

    /// Loads the object's maps and programs. Maps of the object's own constants (`.rodata`) exist as long as its
    /// programs, and are not returned.
    ///
    /// The verifier checks each program once, also if it refuses it: with our own log buffer, libbpf does not try again
    /// with larger and larger logs, which takes minutes on a slow machine.
    ///
    /// - Parameters:
    ///   - names: the programs to load. The others would only cost time.
    ///   - existing: maps that the programs must use, instead of new ones of the same name.
    static func load(
        object bytes: [UInt8], programs names: [String], mapCapacities: [String: Int],
        reusing existing: [String: KernelMap] = [:]
    ) throws(KernelError) -> Loaded {
        raiseLockedMemoryLimit()
        LibBPFLog.begin()
        let opened = bytes.withUnsafeBytes { raw in bpf_object__open_mem(raw.baseAddress, raw.count, nil) }
        guard let object = opened else {
            throw .refused(action: "reading the kernel program", errorNumber: errno, log: LibBPFLog.text)
        }
        // Descriptors are duplicated, so that the maps and programs outlive libbpf's object.
        defer { bpf_object__close(object) }

        var map = bpf_object__next_map(object, nil)
        while let current = map {
            if let capacity = mapCapacities[String(cString: bpf_map__name(current))] {
                let status = bpf_map__set_max_entries(current, UInt32(capacity))
                guard status == 0 else {
                    throw .refused(action: "sizing the kernel's maps", errorNumber: -status, log: LibBPFLog.text)
                }
            }
            if let known = existing[String(cString: bpf_map__name(current))] {
                let status = bpf_map__reuse_fd(current, known.fileDescriptor)
                guard status == 0 else {
                    throw .refused(action: "reusing map \(known.name)", errorNumber: -status, log: LibBPFLog.text)
                }
            }
            map = bpf_object__next_map(object, current)
        }
        let logs = VerifierLogs(of: object, programs: names)
        let status = bpf_object__load(object)
        guard status == 0 else {
            throw .refused(
                action: "loading the kernel program", errorNumber: -status, log: LibBPFLog.text + logs.complaint)
        }
        var loaded = try collect(object, programs: names)
        loaded.costs = logs.texts.compactMapValues { VerifierCost(log: $0) }
        return loaded
    }

    private static func collect(_ object: OpaquePointer, programs names: [String]) throws(KernelError) -> Loaded {
        var result = Loaded()
        var map = bpf_object__next_map(object, nil)
        while let current = map {
            let name = String(cString: bpf_map__name(current))
            if !name.utf8.contains(UInt8(ascii: ".")) {
                result.maps[name] = try KernelMap(name: name, descriptor: duplicate(bpf_map__fd(current), of: name))
            }
            map = bpf_object__next_map(object, current)
        }
        var program = bpf_object__next_program(object, nil)
        while let current = program {
            let name = String(cString: bpf_program__name(current))
            if names.contains(name) {
                result.programs[name] = try LoadedProgram(
                    name: name, descriptor: duplicate(bpf_program__fd(current), of: name))
            }
            program = bpf_object__next_program(object, current)
        }
        return result
    }

    private static func duplicate(_ number: Int32, of name: String) throws(KernelError) -> FileDescriptor {
        FileDescriptor(try SystemCall.check("keeping \(name)") { fcntl(number, F_DUPFD_CLOEXEC, 0) })
    }

    /// Kernels account maps to the control group, not to this limit. But in containers they may use it as a fallback. A
    /// failure here is not an error: the load itself reports it.
    private static func raiseLockedMemoryLimit() {
        var limit = rlimit(rlim_cur: rlim_t.max, rlim_max: rlim_t.max)
        setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
    }
}

/// A log buffer for each program that is loaded. It must exist until the object has been loaded.
private final class VerifierLogs {
    /// The verifier's statistics and error text, without each instruction, which would be megabytes.
    private static let level: UInt32 = 4
    private static let capacity = 64 * 1024

    private var buffers: [(program: String, memory: UnsafeMutablePointer<CChar>)] = []

    /// Selects the programs to load, and no others.
    init(of object: OpaquePointer, programs names: [String]) {
        var program = bpf_object__next_program(object, nil)
        while let current = program {
            let name = String(cString: bpf_program__name(current))
            bpf_program__set_autoload(current, names.contains(name))
            if names.contains(name) {
                let memory = UnsafeMutablePointer<CChar>.allocate(capacity: Self.capacity)
                memory.initialize(repeating: 0, count: Self.capacity)
                buffers.append((name, memory))
                bpf_program__set_log_buf(current, memory, Self.capacity)
                bpf_program__set_log_level(current, Self.level)
            }
            program = bpf_object__next_program(object, current)
        }
    }

    deinit { for buffer in buffers { buffer.memory.deallocate() } }

    /// The verifier's log, by program.
    var texts: [String: String] {
        Dictionary(uniqueKeysWithValues: buffers.map { ($0.program, String(cString: $0.memory)) })
    }

    /// The end of the log of the last program that it checked.
    var complaint: String {
        guard let last = buffers.last(where: { $0.memory.pointee != 0 }) else { return "" }
        let lines = String(cString: last.memory).split(separator: "\n").suffix(20)
        return "verifier log of \(last.program):\n" + lines.joined(separator: "\n") + "\n"
    }
}

/// The messages of libbpf and the verifier, kept for the error message instead of written to stderr.
enum LibBPFLog {
    /// Starts a new log for this thread.
    static func begin() {
        sluice_bpf_log_capture()
        sluice_bpf_log_clear()
    }

    /// The messages on this thread since ``begin()``.
    static var text: String { String(cString: sluice_bpf_log_text()) }
}

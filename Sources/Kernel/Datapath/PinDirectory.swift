internal import CLibBPF
import Glibc

/// The directory of bpffs in which one gateway's maps and programs have names, one file each.
struct PinDirectory: Sendable {
    let gateway: String
    let path: String

    init(gateway: String) throws(KernelError) {
        try GatewayName.check(gateway)
        self.gateway = gateway
        path = GatewayName.pinDirectory(gateway)
    }

    // access(2) is not used, because it ignores the capabilities of a user other than root.
    var exists: Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// Pins everything or nothing: the directory receives its name when it is complete. The rest of an interrupted
    /// attempt is removed first. The caller holds the gateway's lock, so that rest is not in use.
    func create(_ loaded: ObjectLoader.Loaded) throws(KernelError) {
        guard !exists else { throw .alreadyLoaded(gateway: gateway, path: path) }
        let staging = GatewayName.stagingDirectory(gateway)
        Self.removeAll(below: staging)
        try Self.makeStaging(staging)
        do throws(KernelError) {
            for (name, map) in loaded.maps { try Self.pin(map.fileDescriptor, at: "\(staging)/\(name)") }
            for (name, program) in loaded.programs { try Self.pin(program.fileDescriptor, at: "\(staging)/\(name)") }
            try SystemCall.check("naming \(path)") { rename(staging, path) }
        } catch {
            Self.removeAll(below: staging)
            throw error
        }
    }

    /// Opens what is pinned here.
    ///
    /// - Parameter isReadOnly: whether the returned maps can only be read, and only the classifier program is opened.
    func open(isReadOnly: Bool = false) throws(KernelError) -> ObjectLoader.Loaded {
        guard exists else {
            if errno == EACCES || errno == EPERM {
                throw .call(action: "opening \(path)", errorNumber: errno, remedy: nil)
            }
            throw .notLoaded(gateway: gateway, path: path)
        }
        var result = ObjectLoader.Loaded()
        for name in Self.names(in: path) where !name.hasPrefix(Self.markPrefix) {
            if isReadOnly, let descriptor = Self.openForReading("\(path)/\(name)") {
                result.maps[name] = try KernelMap(name: name, descriptor: descriptor, readOnlyPath: "\(path)/\(name)")
                continue
            }
            if isReadOnly, name != ProgramName.explain { continue }
            let descriptor = FileDescriptor(
                try SystemCall.check("opening \(path)/\(name)") { bpf_obj_get("\(path)/\(name)") })
            if Self.isMap(descriptor) {
                result.maps[name] = try KernelMap(name: name, descriptor: descriptor)
            } else {
                result.programs[name] = try LoadedProgram(name: name, descriptor: descriptor)
            }
        }
        return result
    }

    /// Opens a map with a descriptor that can only read it; nil if the name is a program's, which has no such mode.
    private static func openForReading(_ path: String) -> FileDescriptor? {
        // libbpf refuses an argument whose padding is not zero, and an optimised build does not zero it.
        let number = withZeroed(bpf_obj_get_opts.self) { options in
            options.pointee.sz = MemoryLayout<bpf_obj_get_opts>.size
            options.pointee.file_flags = UInt32(BPF_F_RDONLY)
            return bpf_obj_get_opts(path, options)
        }
        guard number >= 0 else { return nil }
        let descriptor = FileDescriptor(number)
        return isMap(descriptor) ? descriptor : nil
    }

    /// The kernel names a BPF descriptor `anon_inode:bpf-map` or `anon_inode:bpf-prog`.
    private static func isMap(_ descriptor: FileDescriptor) -> Bool {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress else { return false }
            let length = readlink("/proc/self/fd/\(descriptor.number)", start, buffer.count - 1)
            guard length > 0 else { return false }
            start[length] = 0
            return String(cString: start).hasSuffix("bpf-map")
        }
    }

    /// Removes the names. The kernel then frees what nothing else uses; an attached program is in use.
    func remove() throws(KernelError) {
        Self.removeAll(below: path)
        if exists { throw .call(action: "removing \(path)", errorNumber: errno, remedy: "run 'rm -r \(path)'") }
        // Removed if this was the last gateway. But an administrator may have created it for another user.
        var status = stat()
        if stat(GatewayName.pinRoot, &status) == 0, status.st_uid == geteuid() { rmdir(GatewayName.pinRoot) }
    }

    // MARK: Marks

    /// Marks are additional names. A mark of a program records something about an interface; a map can have a mark,
    /// too. Marks are created and removed with the pins.
    private static let markPrefix = "%"

    /// With an identifier: the ingress program that is being replaced.
    static let previousMark = "previous-"

    /// The ingress program of this identifier, if it is pinned here.
    func ingressProgram(identifier: UInt32) -> LoadedProgram? {
        for name in [ProgramName.ingress, "\(Self.markPrefix)\(Self.previousMark)\(identifier)"] {
            let number = bpf_obj_get("\(path)/\(name)")
            guard number >= 0 else { continue }
            let program = try? LoadedProgram(name: ProgramName.ingress, descriptor: FileDescriptor(number))
            if let program, program.identifier == identifier { return program }
        }
        return nil
    }

    /// Gives a mark to a map. It moves from the map that had it before.
    func markMap(_ what: String, with descriptor: Int32) throws(KernelError) {
        unmark(what)
        try Self.pin(descriptor, at: "\(path)/\(Self.markPrefix)\(what)")
    }

    /// The map that has a mark; nil: none.
    func markedMap(_ what: String, name: String) throws(KernelError) -> KernelMap? {
        let number = bpf_obj_get("\(path)/\(Self.markPrefix)\(what)")
        return number < 0 ? nil : try KernelMap(name: name, descriptor: FileDescriptor(number))
    }

    /// The map that is pinned under a name; nil: none.
    func map(_ name: String) throws(KernelError) -> KernelMap? {
        let number = bpf_obj_get("\(path)/\(name)")
        return number < 0 ? nil : try KernelMap(name: name, descriptor: FileDescriptor(number))
    }

    func mark(_ what: String, with descriptor: Int32) { bpf_obj_pin(descriptor, "\(path)/\(Self.markPrefix)\(what)") }

    func isMarked(_ what: String) -> Bool { access("\(path)/\(Self.markPrefix)\(what)", F_OK) == 0 }

    func unmark(_ what: String) { unlink("\(path)/\(Self.markPrefix)\(what)") }

    /// All marks with this prefix.
    func marks(prefix: String) -> [String] {
        Self.names(in: path).filter { $0.hasPrefix(Self.markPrefix + prefix) }.map {
            String($0.dropFirst(Self.markPrefix.count))
        }
    }

    /// The kernel's identifier of the program that is pinned under a name now; nil: none.
    func programIdentifier(_ name: String) -> UInt32? {
        let number = bpf_obj_get("\(path)/\(name)")
        guard number >= 0 else { return nil }
        return (try? LoadedProgram(name: name, descriptor: FileDescriptor(number)))?.identifier
    }

    /// Prevents other processes from changing which program is pinned and attached, until the returned descriptor is
    /// closed. Waits for the current holder: milliseconds, because nobody loads a program meanwhile. The lock ends with
    /// its process.
    func lock() throws(KernelError) -> FileDescriptor {
        let number = try SystemCall.check("opening \(path)") { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        let descriptor = FileDescriptor(number)
        try SystemCall.check("locking \(path)") { flock(number, LOCK_EX) }
        return descriptor
    }

    // MARK: Replacing

    /// Moves each program's name to another program, one after the other, and pins new maps.
    func replace(_ loaded: ObjectLoader.Loaded, keeping maps: Set<String>) throws(KernelError) {
        for (name, map) in loaded.maps where !maps.contains(name) {
            try Self.pin(map.fileDescriptor, at: "\(path)/\(name)")
        }
        for (name, program) in loaded.programs {
            let temporary = "\(path)/\(Self.markPrefix)new-\(name)"
            unlink(temporary)
            try Self.pin(program.fileDescriptor, at: temporary)
            try SystemCall.check("naming \(path)/\(name)") { rename(temporary, "\(path)/\(name)") }
        }
    }

    // MARK: All gateways

    /// The names of the gateways in the kernel.
    static func gateways() -> [String] {
        names(in: GatewayName.pinRoot).filter { !$0.hasSuffix("%") }.map { GatewayName.unescaped($0) }.sorted()
    }

    // MARK: Files

    private static func pin(_ descriptor: Int32, at path: String) throws(KernelError) {
        try SystemCall.check("pinning \(path)") { bpf_obj_pin(descriptor, path) }
    }

    private static func makeDirectory(_ path: String) throws(KernelError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw .call(action: "creating \(path)", errorNumber: errno, remedy: nil)
        }
    }

    /// Creates the directory and its parent, which the last other gateway may be removing at the same moment.
    private static func makeStaging(_ staging: String) throws(KernelError) {
        for _ in 0..<8 {
            try makeDirectory(GatewayName.pinRoot)
            if mkdir(staging, 0o700) == 0 { return }
            guard errno == ENOENT else { break }
        }
        throw .call(action: "creating \(staging)", errorNumber: errno, remedy: nil)
    }

    private static func removeAll(below directory: String) {
        for name in names(in: directory) { unlink("\(directory)/\(name)") }
        rmdir(directory)
    }

    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var result: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            if name != "." && name != ".." { result.append(name) }
        }
        return result
    }
}

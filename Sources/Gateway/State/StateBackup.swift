import Glibc
package import Kernel
internal import Policy
internal import Store

/// Exports and imports what a gateway keeps beyond its restarts, as one file: the history with the fleet's state, the API's tokens,
/// and the configuration with the files that it names.
///
/// It does not contain live sessions, which are in the kernel, and flow logs, which are files already.
package struct StateBackup: Sendable {
    static let historyName = "history.db"
    static let configurationName = "configuration.yaml"
    private static let tokenNames = [APITokens.readName, APITokens.adminName]

    package let gateway: String
    package let stateDirectory: String
    private let directory: RunDirectory
    private var folder: String { HistoryPath.folder(gateway: gateway, in: stateDirectory) }

    package init(gateway: String, stateDirectory: String, root: String = RunDirectory.standardRoot) {
        self.gateway = gateway
        self.stateDirectory = stateDirectory
        directory = RunDirectory(gateway: gateway, root: root)
    }

    // MARK: Export

    /// Makes the archive. The gateway may run meanwhile.
    ///
    /// - Parameter configurationFile: the configuration to include if the gateway does not run; a running one has its own copy. nil: none.
    /// - Returns: the archive's manifest.
    package func export(
        to path: String, configurationFile: String?, version: BinaryVersion?, now: Int64
    ) throws(GatewayError) -> StateManifest {
        try GatewayError.wrapping {
            var files = [TapeArchive.File(name: Self.historyName, bytes: try historyBytes())]
            for name in Self.tokenNames {
                if let bytes = try FileStore.read("\(folder)/\(name)") { files.append(.init(name: name, bytes: bytes)) }
            }
            if let bytes = try configuration(configurationFile) {
                files.append(.init(name: Self.configurationName, mode: 0o640, bytes: bytes))
            }
            let manifest = StateManifest(gateway: gateway, version: version, exportedAt: now, files: files)
            try FileStore.replace(path, with: TapeArchive.write([manifest.file] + files, time: now), mode: 0o600)
            return manifest
        }
    }

    /// A consistent copy of the database, because another process may be writing.
    private func historyBytes() throws -> [UInt8] {
        let reader = try HistoryReader(path: HistoryPath.of(gateway: gateway, in: stateDirectory))
        let place = try TemporaryFolder(in: getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")
        defer { place.remove() }
        let copy = "\(place.path)/\(Self.historyName)"
        try reader.copy(to: copy)
        return try FileStore.read(copy) ?? []
    }

    private func configuration(_ file: String?) throws -> [UInt8]? {
        if let bytes = try FileStore.read(directory.configurationPath) { return bytes }
        return try file.map { try ConfigurationSource(path: $0).bytes }
    }

    // MARK: Import

    /// The manifest of an archive, after a check of the whole archive.
    package static func manifest(of path: String) throws(GatewayError) -> StateManifest {
        try read(path).manifest
    }

    /// Restores the state of a stopped gateway. Either all is restored, or nothing is changed.
    ///
    /// - Parameters:
    ///   - configurationFile: the file to write the configuration to; nil: none.
    ///   - replacing: whether existing state may be moved aside.
    /// - Returns: where the existing state is now; nil: there was none.
    package func restore(
        from path: String, configurationFile: String?, replacing: Bool, now: Int64
    ) throws(GatewayError) -> String? {
        let (manifest, files) = try Self.read(path)
        guard manifest.gateway == gateway else {
            throw GatewayError(
                "\(path) is the state of gateway \(manifest.gateway), not of \(gateway)\n"
                    + "next: write 'gateway: \(manifest.gateway)' in the configuration, or name it with --gateway \(manifest.gateway)"
            )
        }
        try checkStopped()
        return try GatewayError.wrapping {
            let isThere = access(folder, F_OK) == 0
            guard replacing || !isThere else {
                throw GatewayError(
                    "\(folder) has the state of a gateway \(gateway) already\n"
                        + "next: sluice state import --replace \(path), which moves it aside")
            }
            if let file = configurationFile, access(file, F_OK) == 0, !replacing {
                throw GatewayError("\(file) is there already\nnext: move it away, or omit --config")
            }
            let place = try TemporaryFolder(in: stateDirectory)
            do {
                try fill(place.path, with: files)
                let aside = "\(folder).replaced-\(now)"
                if isThere { try Self.rename(folder, to: aside) }
                do {
                    try Self.rename(place.path, to: folder)
                } catch {
                    if isThere { try? Self.rename(aside, to: folder) }
                    throw error
                }
                if let configurationFile, let file = files.first(where: { $0.name == Self.configurationName }) {
                    try FileStore.replace(configurationFile, with: file.bytes, mode: 0o644)
                }
                return isThere ? aside : nil
            } catch {
                place.remove()
                throw error
            }
        }
    }

    private func checkStopped() throws(GatewayError) {
        let holder = ProcessLock.isHeld(path: directory.lockPath) ? ProcessLock.holder(path: directory.lockPath) : nil
        if ProcessLock.isHeld(path: directory.lockPath) {
            throw GatewayError(
                "gateway \(gateway) is running\(holder.map { ", as process \($0)" } ?? ""): it would overwrite "
                    + "the restored state\nnext: systemctl stop sluice")
        }
        if Datapath.exists(gateway: gateway) {
            throw GatewayError(
                "gateway \(gateway) is in the kernel, though its controller is not running: its sessions continue\n"
                    + "next: start it and stop it, which ends them: systemctl start sluice && systemctl stop sluice")
        }
    }

    /// Writes the state's files, with the owner of the state directory.
    private func fill(_ place: String, with files: [TapeArchive.File]) throws {
        var owner = stat()
        stat(stateDirectory, &owner)
        for file in files where file.name != Self.configurationName {
            let path = "\(place)/\(file.name)"
            try FileStore.replace(path, with: file.bytes, mode: Self.tokenNames.contains(file.name) ? 0o600 : 0o640)
            // A user other than root owns it already.
            chown(path, owner.st_uid, owner.st_gid)
        }
        chown(place, owner.st_uid, owner.st_gid)
        // Finds a damaged database, and one of a later version, by opening it as the gateway does.
        _ = try HistoryReader(path: "\(place)/\(Self.historyName)").lastIdentifier()
        for part in ["-wal", "-shm"] { unlink("\(place)/\(Self.historyName)\(part)") }
    }

    private static func rename(_ path: String, to new: String) throws(SystemError) {
        guard Glibc.rename(path, new) == 0 else { throw SystemError("moving \(path) to \(new)") }
    }

    private static func read(
        _ path: String
    ) throws(GatewayError) -> (manifest: StateManifest, files: [TapeArchive.File]) {
        let bytes = try GatewayError.wrapping { try FileStore.read(path) }
        guard let bytes else { throw GatewayError("there is no file \(path)\nnext: sluice state export \(path)") }
        func refuse(_ reason: String) -> GatewayError {
            GatewayError(
                "\(path) \(reason)\nnext: take another copy of it, or make a new one with 'sluice state export'")
        }
        var files: [TapeArchive.File]
        do throws(TapeArchive.Damage) {
            files = try TapeArchive.read(bytes)
        } catch {
            switch error {
            case .notAnArchive: throw refuse("is not an archive of a gateway's state")
            case .cutShort: throw refuse("ends in the middle")
            case .damaged(let offset): throw refuse("is damaged at byte \(offset)")
            case .unexpected(let name): throw refuse("has a member \"\(name)\", which a gateway's state has not")
            }
        }
        guard let first = files.first, first.name == StateManifest.name else {
            throw refuse("is not an archive of a gateway's state: it does not begin with \(StateManifest.name)")
        }
        if let format = StateManifest.format(first), format > StateManifest.newestFormat {
            throw GatewayError(
                "\(path) was made by a newer version of sluice (format \(format), this one knows \(StateManifest.newestFormat))\n"
                    + "next: install that version, and import it there")
        }
        guard let manifest = StateManifest.read(first) else { throw refuse("is damaged: \(first.name) can't be read") }
        files.removeFirst()
        for member in manifest.members {
            guard let file = files.first(where: { $0.name == member.name }) else {
                throw refuse("lacks its member \(member.name)")
            }
            guard file.bytes.count == member.bytes, StateManifest.checksum(file.bytes) == member.checksum else {
                throw refuse("is damaged: its member \(member.name) is not what was written")
            }
        }
        let known = [historyName, configurationName] + tokenNames
        if let strange = files.first(where: { file in
            !known.contains(file.name) || !manifest.members.contains { $0.name == file.name }
        }) {
            throw refuse("has a member \"\(strange.name)\", which a gateway's state has not")
        }
        guard files.contains(where: { $0.name == historyName }) else { throw refuse("has no \(historyName)") }
        return (manifest, files)
    }
}

/// A folder that no other process uses.
private struct TemporaryFolder {
    let path: String

    init(in parent: String) throws(SystemError) {
        var template = Array("\(parent)/.sluice-state-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("making a folder in \(parent)") }
        path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the folder, with the files that are made in it here.
    func remove() {
        for name in [
            "history.db", "history.db-wal", "history.db-shm", "history.db-journal", "read.token", "admin.token",
        ] {
            unlink("\(path)/\(name)")
            unlink("\(path)/\(name).new")
        }
        rmdir(path)
    }
}

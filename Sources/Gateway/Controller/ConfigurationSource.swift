import Glibc
internal import Kernel
internal import Policy

/// A configuration with the text that it was read from. The copy that is kept as "in force" is the text that was checked.
struct ConfigurationSource: Sendable {
    let path: String
    let bytes: [UInt8]
    let configuration: Configuration

    init(path: String, bytes: [UInt8], configuration: Configuration) {
        self.path = path
        self.bytes = bytes
        self.configuration = configuration
    }

    init(path: String) throws(GatewayError) {
        do throws(ConfigurationErrors) {
            if let bytes = try? FileStore.read(path), let text = String(validating: bytes, as: UTF8.self) {
                configuration = try Configuration.parse(text, file: path)
                self.bytes = configuration.selfContained(bytes)
            } else {
                // This reports the error more precisely. If it succeeds, the file was created a moment ago.
                configuration = try Configuration.read(path: path)
                bytes = configuration.selfContained((try? FileStore.read(path)) ?? [])
            }
        } catch {
            throw GatewayError(error)
        }
        self.path = Self.absolute(path)
    }

    /// The absolute path: the process that asks for a reload may have another working directory.
    static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return path }
        let directory = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return directory == "/" ? "/\(path)" : "\(directory)/\(path)"
    }

    /// The configuration that a controller starts with: the file. If this version refuses the file of a gateway that is in the kernel,
    /// it is the configuration in force there (PKG-3): a mistake in a file does not leave a forwarding gateway without a controller.
    ///
    /// - Returns: `refusal`: why the file is refused, if the gateway continues with the configuration in force.
    static func forStart(
        path: String, root: String
    ) throws(GatewayError) -> (source: ConfigurationSource, refusal: String?) {
        do throws(GatewayError) {
            return (try ConfigurationSource(path: path), nil)
        } catch {
            // A file with a mistake does not say which gateway it belongs to; the run directory does.
            guard let directory = gateway(of: absolute(path), root: root),
                let inForce = inForce(directory, path: path)
            else { throw error }
            return (inForce, "\(error)")
        }
    }

    /// The one gateway in the kernel that was started with this file; nil: there is none, or more than one.
    private static func gateway(of file: String, root: String) -> RunDirectory? {
        let directories = Datapath.gateways().map { RunDirectory(gateway: $0, root: root) }.filter { directory in
            let record = try? directory.read(ControllerRecord.self, from: directory.controllerPath)
            return record?.configurationFile == file
        }
        return directories.count == 1 ? directories.first : nil
    }

    /// The configuration in force, from the copy in the run directory; nil if nothing is in the kernel, or this version refuses it too.
    static func inForce(_ directory: RunDirectory, path: String) -> ConfigurationSource? {
        guard Datapath.exists(gateway: directory.gateway),
            let bytes = try? FileStore.read(directory.configurationPath),
            let text = String(validating: bytes, as: UTF8.self),
            let configuration = try? Configuration.parse(text, file: directory.configurationPath),
            configuration.gateway == directory.gateway
        else { return nil }
        return ConfigurationSource(path: absolute(path), bytes: bytes, configuration: configuration)
    }
}

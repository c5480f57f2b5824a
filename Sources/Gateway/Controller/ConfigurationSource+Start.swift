import Glibc
internal import Kernel
internal import Policy

extension ConfigurationSource {
    /// What a controller starts with: the file; or, where this version refuses the file of a gateway that is in the kernel, what is in
    /// force there (PKG-3). A gateway that forwards is not left alone for a mistake in a file.
    ///
    /// - Returns: `refusal`: why the file is refused, where it is another configuration that the gateway goes on with.
    static func forStart(
        path: String, root: String
    ) throws(GatewayError) -> (source: ConfigurationSource, refusal: String?) {
        do throws(GatewayError) {
            return (try ConfigurationSource(path: path), nil)
        } catch {
            // A file with a mistake does not tell whose it is: the run directory does.
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

    /// What is in force, read from the copy in the run directory; nil where nothing is in the kernel, or this version refuses that, too.
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

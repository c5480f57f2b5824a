internal import Policy
import Glibc

/// A configuration with the text that it was read from, so that what is kept as "in force" is what was judged.
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
                // It has the better words for what is wrong; should it succeed, the file has just come.
                configuration = try Configuration.read(path: path)
                bytes = configuration.selfContained((try? FileStore.read(path)) ?? [])
            }
        } catch {
            throw GatewayError(error)
        }
        self.path = Self.absolute(path)
    }

    /// The path from the root, as a reload may not be asked from here.
    static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return path }
        let directory = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return directory == "/" ? "/\(path)" : "\(directory)/\(path)"
    }
}

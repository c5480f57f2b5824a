import Glibc

extension Configuration {
    /// Reads and checks a configuration file.
    ///
    /// - Returns: the configuration, with legal values only.
    /// - Throws: all of its mistakes, in the order of their lines.
    package static func read(path: String) throws(ConfigurationErrors) -> Configuration {
        // Includes the files that are stored with the configuration in force, in base64.
        let limit = ConfigurationLimits.fileBytes + 2 * GroupLimits.fileBytes
        let bytes = try SteadyFile.read(path: path, limit: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationErrors([
                ConfigurationError(file: path, key: "", message: "is not UTF-8 text: save it as UTF-8")
            ])
        }
        return try parse(text, file: path)
    }

    /// Reads and checks a configuration text. `file` is its name in messages. `hostName` names the gateway if the text
    /// does not; nil: the name of this host. Files that it names are read relative to it, unless it embeds them.
    ///
    /// - Parameter readsFiles: false if the author of the text may not learn the contents of this machine's files.
    /// - Returns: the configuration, with legal values only.
    /// - Throws: all of its mistakes, in the order of their lines.
    package static func parse(
        _ text: String, file: String, hostName: String? = nil, readsFiles: Bool = true
    ) throws(ConfigurationErrors) -> Configuration {
        let (text, embedded) = EmbeddedFiles.part(text)
        let directory = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        var reader = ConfigurationReader(file: file, hostName: hostName ?? Configuration.hostName) {
            (name) throws(ConfigurationErrors) in
            if let bytes = embedded[name] { return bytes }
            guard readsFiles else {
                throw ConfigurationErrors([
                    ConfigurationError(
                        file: name, key: "",
                        message: "is not read here: check the configuration on the gateway, with 'sluice policy check'")
                ])
            }
            return try GroupFile.bytes(path: name.hasPrefix("/") ? name : directory + name)
        }
        let configuration = reader.read(text)
        guard let configuration, reader.errors.isEmpty else {
            precondition(!reader.errors.isEmpty, "no configuration was created, and no error was reported")
            throw ConfigurationErrors(
                reader.errors.enumerated().sorted { left, right in
                    (left.element.line ?? 0, left.element.column ?? 0, left.offset)
                        < (right.element.line ?? 0, right.element.column ?? 0, right.offset)
                }.map(\.element))
        }
        return configuration
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

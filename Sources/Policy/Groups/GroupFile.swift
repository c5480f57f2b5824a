import Yams

/// Reads groups and tags from the bytes of a file: JSON, or YAML if it does not begin like JSON.
package enum GroupFile {
    /// Reads the groups of a file.
    ///
    /// - Parameters:
    ///   - file: the name of the file in messages.
    ///   - parameters: name and bytes of a template's parameters file.
    ///   - cloud: facts about the deployment that a template's functions may need.
    /// - Returns: the groups, and notices: what is allowed but may be a mistake.
    /// - Throws: all mistakes. Nothing of the file is to be applied then.
    package static func groups(
        _ bytes: [UInt8], file: String, parameters: (file: String, bytes: [UInt8])? = nil, book: AddressBook,
        cloud: CloudFacts = CloudFacts()
    ) throws(ConfigurationErrors) -> (groups: [NetworkSecurityGroup], notices: [String]) {
        let document = try document(bytes, file: file)
        var values: Document?
        if let parameters { values = try self.document(parameters.bytes, file: parameters.file) }
        var reader = GroupReader(file: file, book: book, cloud: cloud)
        reader.read(document, parameters: values)
        guard reader.errors.isEmpty else { throw ConfigurationErrors(reader.errors) }
        return (reader.groups, reader.notices)
    }

    /// Reads the service tags of a file in the published format.
    package static func serviceTags(
        _ bytes: [UInt8], file: String
    ) throws(ConfigurationErrors) -> [AddressBook.Entry] {
        var reader = ServiceTagReader(file: file)
        reader.read(try document(bytes, file: file))
        guard reader.errors.isEmpty else { throw ConfigurationErrors(reader.errors) }
        return reader.tags
    }

    /// Writes tags in the published format. Reading the result gives the same tags.
    package static func text(of tags: [AddressBook.Entry]) -> [UInt8] {
        let values = tags.map { tag in
            Document(
                .mapping([
                    .init("name", .text(tag.name)),
                    .init(
                        "properties",
                        .mapping([
                            .init(
                                "addressPrefixes",
                                .list(tag.prefixes.map { Document(.text("\($0)"), line: 0) }))
                        ])),
                ]), line: 0)
        }
        return Array(Document(.mapping([.init("values", .list(values))]), line: 0).json.utf8)
    }

    /// Reads a whole file; see ``SteadyFile``.
    package static func bytes(path: String) throws(ConfigurationErrors) -> [UInt8] {
        try SteadyFile.read(path: path, limit: GroupLimits.fileBytes)
    }

    static func document(_ bytes: [UInt8], file: String) throws(ConfigurationErrors) -> Document {
        func failure(_ line: Int?, _ message: String) -> ConfigurationErrors {
            ConfigurationErrors([ConfigurationError(file: file, line: line, key: "", message: message)])
        }
        guard bytes.count <= GroupLimits.fileBytes else {
            throw failure(nil, "is larger than \(GroupLimits.fileBytes >> 20) MiB: split it")
        }
        let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
        if first == nil || [UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "/")].contains(first) {
            do throws(JSONParser.Mistake) {
                return try JSONParser.parse(bytes)
            } catch {
                throw failure(error.line, "is not JSON: it \(error.message)")
            }
        }
        guard bytes.count <= ConfigurationLimits.fileBytes else {
            throw failure(
                nil, "is YAML of more than \(ConfigurationLimits.fileBytes >> 20) MiB: write it as JSON, or split it")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(nil, "is not UTF-8 text: save it as UTF-8")
        }
        var reader = ConfigurationReader(file: file, hostName: "")
        guard let node = reader.compose(text) else { throw ConfigurationErrors(reader.errors) }
        return Document(node)
    }
}

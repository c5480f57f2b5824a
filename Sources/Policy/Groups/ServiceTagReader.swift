/// Reads service tags from a document in the cloud's published format (`ServiceTags_Public_*.json`, and the answer of
/// the service tag discovery interface).
struct ServiceTagReader {
    let file: String
    var errors: [ConfigurationError] = []
    private(set) var tags: [AddressBook.Entry] = []

    init(file: String) { self.file = file }

    mutating func read(_ document: Document) {
        guard let values = document["values"]?.list else {
            return report(
                document, "values",
                "is missing: is this a ServiceTags file? It has values: [{ name, properties: { addressPrefixes } }]")
        }
        for (index, entry) in values.enumerated() {
            let path = "values[\(index)]"
            guard let name = entry["name"]?.text, !name.isEmpty else {
                report(entry, "\(path).name", "is missing: name the tag")
                continue
            }
            let properties = entry["properties"] ?? entry
            guard let written = properties["addressPrefixes"]?.list else {
                report(
                    entry, "\(path).properties.addressPrefixes", "is missing: tag \"\(name)\" needs a list of prefixes")
                continue
            }
            var prefixes: [AddressPrefix] = []
            for (index, element) in written.enumerated() {
                do throws(AddressPrefix.Mistake) {
                    prefixes.append(try AddressPrefix(parsing: element.text ?? ""))
                } catch {
                    report(
                        element, "\(path).properties.addressPrefixes[\(index)]",
                        "tag \"\(name)\": \(element.kind) \(error)")
                }
            }
            tags.append(.init(name: name, prefixes: prefixes))
        }
    }

    private mutating func report(_ document: Document, _ path: String, _ message: String) {
        errors.append(ConfigurationError(file: file, line: document.line, key: path, message: message))
    }
}

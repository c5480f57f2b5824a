import Yams

extension ConfigurationReader {
    /// `flowLog: { directory: /var/log/sluice, formats: [nsg-v2, vnet-v4] }`; nil if it is missing or wrong.
    mutating func flowLog(_ section: Section) -> FlowLogSettings? {
        guard let node = section["flowLog"],
            let log = self.section(node, path: "flowLog", keys: ConfigurationReference.names(of: .flowLog)),
            let directory = absolutePath(log, "directory", example: "/var/log/sluice", isRequired: true)
        else { return nil }
        var settings = FlowLogSettings(directory: directory)
        if let formats = flowLogFormats(log) { settings.formats = formats }
        if let name = resourceName(log, "subscription") { settings.subscription = name }
        if let name = resourceName(log, "resourceGroup") { settings.resourceGroup = name }
        if let name = resourceName(log, "region") { settings.region = name }
        guard let node = log["retention"],
            let retention = self.section(
                node, path: "flowLog.retention", keys: ConfigurationReference.names(of: .retention))
        else { return settings }
        if let age = duration(retention, "age") {
            settings.retentionNanoseconds = age
            let hour: UInt64 = 3_600_000_000_000
            if age < hour || age > 3650 * 24 * hour {
                report(retention["age"], "flowLog.retention.age", "is not 1h to 3650d: each file holds one hour")
            }
        }
        if let size = byteSize(retention, "size") { settings.retentionBytes = size }
        return settings
    }

    /// The path of a directory on this machine; nil if it is missing or wrong.
    mutating func absolutePath(
        _ section: Section, _ key: String, example: String, isRequired: Bool = false
    ) -> String? {
        guard let path = isRequired ? requiredText(section, key, example: example) : text(section, key) else {
            return nil
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        let isPlain = path.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard path.hasPrefix("/"), !parts.isEmpty, isPlain, !parts.contains("..") else {
            report(
                section[key], section.path(of: key), "\"\(path)\" is not an absolute path: write for example \(example)"
            )
            return nil
        }
        return "/" + parts.joined(separator: "/")
    }

    private mutating func flowLogFormats(_ log: Section) -> [FlowLogSettings.Format]? {
        guard let items = oneOrMany(log, "formats") else { return nil }
        let known = FlowLogSettings.Format.allCases
        return items.reduce(into: []) { formats, item in
            guard let format = known.first(where: { $0.rawValue == item.text.lowercased() }) else {
                let names = known.map(\.rawValue)
                let nearest = DidYouMean.nearest(to: item.text, among: names).map { " (did you mean \($0)?)" } ?? ""
                report(
                    item.node, item.path,
                    "\"\(item.text)\" is not a flow log format\(nearest): write \(names.joined(separator: " or "))")
                return
            }
            if !formats.contains(format) { formats.append(format) }
        }
    }

    /// A part of a resource's path.
    private mutating func resourceName(_ log: Section, _ key: String) -> String? {
        guard let name = text(log, key) else { return nil }
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x2E || byte == 0x5F
        }
        guard isPlain, (1...90).contains(name.utf8.count), name != ".", name != ".." else {
            report(
                log[key], log.path(of: key),
                "\"\(name)\" can't be part of a path: write 1 to 90 letters, digits, \"-\", \"_\" or \".\"")
            return nil
        }
        return name
    }

    /// `500MB`, `10GB`, `1GiB`, `1048576`.
    private mutating func byteSize(_ section: Section, _ key: String) -> UInt64? {
        guard let text = text(section, key) else { return nil }
        let units: [(String, UInt64)] = [
            ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("TIB", 1 << 40), ("KB", 1000), ("MB", 1_000_000),
            ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1), ("", 1),
        ]
        let upper = text.uppercased()
        for (unit, bytes) in units where upper.hasSuffix(unit) {
            guard let number = UInt64(upper.dropLast(unit.count)) else { break }
            let (size, overflow) = number.multipliedReportingOverflow(by: bytes)
            if !overflow, size >= 1_000_000 { return size }
            break
        }
        report(
            section[key], section.path(of: key),
            "\"\(text)\" is not a size of 1MB or more: write for example 500MB or 10GB")
        return nil
    }
}

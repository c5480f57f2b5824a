import Yams

extension ConfigurationReader {
    /// A mapping of the file whose keys are known.
    struct Section {
        /// Path of the mapping; empty at the top of the file.
        var path: String
        var node: Node
        var values: [String: Node]

        subscript(key: String) -> Node? { values[key] }

        func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    }

    /// The tree of a YAML text; nil, and reported, if it is not YAML.
    mutating func compose(_ text: String) -> Node? {
        guard text.utf8.count <= ConfigurationLimits.fileBytes else {
            report(
                nil, "", "is larger than \(ConfigurationLimits.fileBytes >> 20) MiB: this is not a configuration file")
            return nil
        }
        do {
            // A text may begin with a byte order mark (YAML 1.2.2, 5.2). Some editors write one.
            let plain = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
            if let root = try Yams.compose(yaml: plain), !isNull(root) { return root }
            report(
                nil, "", "is empty: write at least zones, for example zones: [{ name: internet, interfaces: [eth0] }]")
        } catch let error as YamlError {
            report(error)
        } catch {
            report(nil, "", "is not YAML: \(error)")
        }
        return nil
    }

    private mutating func report(_ error: YamlError) {
        func add(_ mark: Mark?, _ message: String) {
            errors.append(
                ConfigurationError(file: file, line: mark?.line, column: mark?.column, key: "", message: message))
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            if let context, context.text.contains("alias") {
                add(context.mark, "a bare * begins an alias in YAML: write \"*\" in quotes")
            } else if problem.contains("undefined alias") {
                add(mark, "a word that begins with * is an alias in YAML: write it in quotes")
            } else if problem.contains("another document") {
                add(mark, "begins a second document: keep only one, and remove ---")
            } else if problem.contains("cannot start any token"), problem.contains("tab") || isTab(mark, error) {
                add(mark, "is not YAML: a tab can't indent: write spaces")
            } else {
                let place = context.map { " (\($0.text))" } ?? ""
                add(mark, "is not YAML: \(problem)\(place): check indentation, brackets and quotes here")
            }
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            add(context.mark, "the key \(names) is written twice: keep one")
        case .reader(let problem, _, _, _):
            add(nil, "is not text that YAML can hold: \(problem): save the file as UTF-8 without control characters")
        default:
            add(nil, "is not YAML: \(error)")
        }
    }

    private func isTab(_ mark: Mark, _ error: YamlError) -> Bool {
        guard case .scanner(_, _, _, let yaml) = error else { return false }
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(mark.line - 1) else { return false }
        return lines[mark.line - 1].unicodeScalars.dropFirst(mark.column - 1).first == "\t"
    }

    /// A mapping with known keys; other keys are reported.
    mutating func section(_ node: Node, path: String, keys: [String]) -> Section? {
        guard case .mapping(let mapping) = node else {
            report(node, path, "must be a mapping (key: value), but is \(kind(node))")
            return nil
        }
        var section = Section(path: path, node: node, values: [:])
        for (keyNode, value) in mapping {
            guard case .scalar(let scalar) = keyNode else {
                report(keyNode, path, "has a key that is \(kind(keyNode)): keys are words")
                continue
            }
            guard keys.contains(scalar.string) else {
                let remedy =
                    ConfigurationReference.hints[section.path(of: scalar.string).filter { !$0.isNumber }]
                    ?? DidYouMean.nearest(to: scalar.string, among: keys).map { "did you mean \($0)?" }
                    ?? "known here: \(keys.joined(separator: ", "))"
                report(keyNode, section.path(of: scalar.string), "is not a key that can be set here: \(remedy)")
                continue
            }
            section.values[scalar.string] = value
        }
        return section
    }

    /// The elements of a list under a key, with their paths; nil if the key is missing, or if the value is not a list,
    /// which is reported.
    mutating func list(_ section: Section, _ key: String) -> [(path: String, node: Node)]? {
        guard let node = section[key] else { return nil }
        guard case .sequence(let sequence) = node else {
            report(node, section.path(of: key), "must be a list ([a, b]), but is \(kind(node))")
            return nil
        }
        return sequence.enumerated().map { ("\(section.path(of: key))[\($0.offset)]", $0.element) }
    }

    /// The items under a key that may hold one or many: `443` or `[443, 8000-8099]`. nil if one of them is not text.
    mutating func oneOrMany(_ section: Section, _ key: String) -> [(path: String, node: Node, text: String)]? {
        guard let node = section[key] else { return nil }
        let path = section.path(of: key)
        guard case .sequence(let sequence) = node else { return text(node, path).map { [(path, node, $0)] } }
        guard !sequence.isEmpty else {
            report(node, path, "is an empty list: write \"*\" to mean all")
            return nil
        }
        var items: [(path: String, node: Node, text: String)] = []
        var isComplete = true
        for (index, element) in sequence.enumerated() {
            let elementPath = "\(path)[\(index)]"
            if let text = text(element, elementPath) {
                items.append((elementPath, element, text))
            } else {
                isComplete = false
            }
        }
        return isComplete ? items : nil
    }

    /// The kind of a node, for messages.
    func kind(_ node: Node) -> String {
        switch node {
        case .scalar where isNull(node): "empty"
        case .scalar(let scalar): "\"\(scalar.string)\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}

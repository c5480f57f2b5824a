import Yams

extension ConfigurationReader {
    /// Service tags, application security groups, and the groups that use them.
    mutating func groups(
        _ section: Section, internalPrefixes: [AddressPrefix]
    ) -> (groups: [NetworkSecurityGroup], book: AddressBook) {
        var book = AddressBook(internalPrefixes: internalPrefixes)
        for (path, node) in list(section, "serviceTags") ?? [] {
            guard let name = text(node, path), let bytes = bytes(of: name, node, path) else { continue }
            do throws(ConfigurationErrors) {
                for tag in try GroupFile.serviceTags(bytes, file: name) { book.add(tag: tag.name, tag.prefixes) }
            } catch {
                errors += error.errors
            }
        }
        readApplicationSecurityGroups(section, into: &book)
        var groups: [NetworkSecurityGroup] = []
        for (path, node) in list(section, "networkSecurityGroups") ?? [] {
            for group in readGroups(node, path, book) {
                if let other = groups.first(where: { $0.name.lowercased() == group.name.lowercased() }) {
                    // The cloud's names, and the paths of flow logs, know no case.
                    let what = other.name == group.name ? "" : ", as \"\(other.name)\": names do not differ by case"
                    report(node, path, "the group \"\(group.name)\" is there already\(what): keep one, or rename it")
                }
                groups.append(group)
            }
        }
        return (groups, book)
    }

    /// The groups of an entry: a file's name, a file with its parameters, or a group itself.
    private mutating func readGroups(_ node: Node, _ path: String, _ book: AddressBook) -> [NetworkSecurityGroup] {
        if let mapping = node.mapping, mapping["file"] == nil {
            var reader = GroupReader(file: file, book: book)
            reader.read(Document(node), path: path)
            errors += reader.errors
            return reader.groups
        }
        var name: String?
        var parameters: (file: String, bytes: [UInt8])?
        if node.mapping == nil {
            name = text(node, path)
        } else if let entry = section(node, path: path, keys: ["file", "parameters"]) {
            name = text(entry, "file")
            if let written = text(entry, "parameters") {
                guard let bytes = bytes(of: written, node, entry.path(of: "parameters")) else { return [] }
                parameters = (written, bytes)
            }
        }
        guard let name, let bytes = bytes(of: name, node, path) else { return [] }
        do throws(ConfigurationErrors) {
            return try GroupFile.groups(bytes, file: name, parameters: parameters, book: book)
        } catch {
            errors += error.errors
            return []
        }
    }

    private mutating func readApplicationSecurityGroups(_ section: Section, into book: inout AddressBook) {
        guard let node = section["applicationSecurityGroups"] else { return }
        guard case .mapping(let mapping) = node else {
            return report(
                node, "applicationSecurityGroups",
                "must be a mapping of names to addresses, but is \(kind(node)): write for example { web: [10.0.0.4] }")
        }
        var values: [String: Node] = [:]
        for (key, value) in mapping { values[key.scalar?.string ?? ""] = value }
        let members = Section(path: "applicationSecurityGroups", node: node, values: values)
        for name in values.keys.sorted() {
            if case .sequence(let sequence)? = values[name], sequence.isEmpty {
                book.add(applicationSecurityGroup: name, [])
                continue
            }
            guard case .prefixes(let prefixes) = addresses(members, name) else {
                if values[name]?.scalar?.string == "*" {
                    report(values[name], members.path(of: name), "is \"*\": write the addresses of the group's members")
                }
                continue
            }
            guard prefixes.count <= GroupLimits.applicationSecurityGroupMembers else {
                report(
                    values[name], members.path(of: name),
                    "\(prefixes.count) members are more than \(GroupLimits.applicationSecurityGroupMembers)")
                continue
            }
            book.add(applicationSecurityGroup: name, prefixes)
        }
    }

    /// What a file holds; nil, and reported, where it can't be read.
    private mutating func bytes(of name: String, _ node: Node, _ path: String) -> [UInt8]? {
        do throws(ConfigurationErrors) {
            let bytes = try loadFile(name)
            files[name] = bytes
            // What is in force is kept together with them, and must be readable again.
            guard files.values.reduce(0, { $0 + $1.count }) <= GroupLimits.fileBytes else {
                report(
                    node, path,
                    "with \(name) the files of the configuration are larger than \(GroupLimits.fileBytes >> 20) MiB: leave out what no rule names"
                )
                return nil
            }
            return bytes
        } catch {
            for mistake in error.errors { report(node, path, "\(mistake.file) \(mistake.message)") }
            return nil
        }
    }

    /// An own rule must not have the name that a group's rule has in logs and explanations.
    mutating func checkNames(of rules: [WrittenRule], _ groups: [NetworkSecurityGroup]) {
        for written in rules {
            let (rule, section) = (written.rule, written.section)
            guard let group = groups.first(where: { rule.name.hasPrefix("\($0.name)/") }) else { continue }
            report(
                section["name"], section.path(of: "name"),
                "\"\(rule.name)\" looks like a rule of the group \"\(group.name)\": write a name without \"\(group.name)/\""
            )
        }
    }

    /// A zone's group must be there.
    mutating func checkGroups(of zones: [Zone], _ groups: [NetworkSecurityGroup], _ section: Section) {
        let names = groups.map(\.name)
        for (index, zone) in zones.enumerated() {
            guard let wanted = zone.networkSecurityGroup, !names.contains(wanted) else { continue }
            let nearest = DidYouMean.nearest(to: wanted, among: names).map { " (did you mean \($0)?)" } ?? ""
            let known = names.isEmpty ? "there are none" : "known: \(names.joined(separator: ", "))"
            report(
                section["zones"], "zones[\(index)].networkSecurityGroup",
                "zone \"\(zone.name)\": there is no group \"\(wanted)\"\(nearest): name its file under networkSecurityGroups (\(known))"
            )
        }
    }
}

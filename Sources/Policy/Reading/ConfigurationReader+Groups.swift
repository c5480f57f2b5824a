import Yams

extension ConfigurationReader {
    /// Service tags, application security groups, and the groups that use them. The result contains the group names
    /// that zones refer to.
    mutating func groups(
        _ section: Section, internalPrefixes: [AddressPrefix], zones: inout [Zone]
    ) -> (groups: [NetworkSecurityGroup], book: AddressBook) {
        var book = AddressBook(internalPrefixes: internalPrefixes)
        var tagFiles: [(name: String, tags: [AddressBook.Entry])] = []
        for (path, node) in list(section, "serviceTags") ?? [] {
            guard let name = text(node, path), let bytes = bytes(of: name, node, path) else { continue }
            do throws(ConfigurationErrors) {
                let tags = try GroupFile.serviceTags(bytes, file: name)
                for tag in tags { book.add(tag: tag.name, tag.prefixes) }
                tagFiles.append((name, tags))
            } catch {
                errors += error.errors
            }
        }
        readApplicationSecurityGroups(section, into: &book)
        let cloud = cloud(section["cloud"], path: "cloud")
        var written: [WrittenGroup] = []
        let earlierErrors = errors.count
        for (path, node) in list(section, "networkSecurityGroups") ?? [] {
            written += readGroups(node, path, book, cloud).map { WrittenGroup(group: $0, path: path, node: node) }
        }
        let isComplete = errors.count == earlierErrors
        makeNamesDistinct(&written)
        let groups = written.map(\.group)
        findGroups(of: &zones, groups, section, isComplete: isComplete)
        noteUnused(groups, zones)
        keepTagsInUse(groups, tagFiles, in: &book)
        return (groups, book)
    }

    /// A group, and where the configuration names it.
    private struct WrittenGroup {
        var group: NetworkSecurityGroup
        var path: String
        var node: Node
    }

    /// Gives groups with the same name distinct names: the resource group of their id is appended.
    private mutating func makeNamesDistinct(_ written: inout [WrittenGroup]) {
        // Case is ignored in the cloud's names and in the paths of flow logs.
        let places = Dictionary(grouping: written.indices) { written[$0].group.name.lowercased() }
        for indices in places.values.filter({ $0.count > 1 }).sorted(by: { $0[0] < $1[0] }) {
            let parts = indices.map { ResourceIdentifier.parts(of: written[$0].group.resourceIdentifier) }
            let identifiers = Set(indices.map { written[$0].group.resourceIdentifier.lowercased() })
            guard identifiers.count == indices.count, !parts.contains(where: { $0 == nil }) else {
                for index in indices.dropFirst() {
                    let (name, first) = (written[index].group.name, written[indices[0]].group.name)
                    let what = first == name ? "" : ", as \"\(first)\": names do not differ by case"
                    report(
                        written[index].node, written[index].path,
                        "the group \"\(name)\" exists already\(what): keep one, or rename it; groups with the same name in several resource groups are distinguished by their ids, as `az network nsg list` exports them"
                    )
                }
                continue
            }
            let groups = Set(parts.compactMap { $0?.resourceGroup.lowercased() })
            for (index, part) in zip(indices, parts) {
                guard let part else { continue }
                written[index].group.name += "@\(part.resourceGroup)"
                // The resource group exists in two subscriptions.
                if groups.count < indices.count { written[index].group.name += "@\(part.subscription)" }
            }
        }
    }

    /// Adds a notice for a group that no zone uses, because it has no effect.
    private mutating func noteUnused(_ groups: [NetworkSecurityGroup], _ zones: [Zone]) {
        let used = Set(zones.compactMap(\.networkSecurityGroup))
        let unused = groups.map(\.name).filter { !used.contains($0) }
        guard let first = unused.first else { return }
        let shown = unused.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
        let more = unused.count > 5 ? " and \(unused.count - 5) more" : ""
        notices.append(
            unused.count == 1
                ? "networkSecurityGroups: no zone uses the group \(shown), so it has no effect: write networkSecurityGroup: \(first) in a zone"
                : "networkSecurityGroups: no zone uses the groups \(shown)\(more), so they have no effect: write for example networkSecurityGroup: \(first) in a zone"
        )
    }

    /// Keeps only tags that some rule uses, also in the file that is stored with the configuration in force. The
    /// published file has a hundred thousand prefixes, and every command would read them again.
    private mutating func keepTagsInUse(
        _ groups: [NetworkSecurityGroup], _ tagFiles: [(name: String, tags: [AddressBook.Entry])],
        in book: inout AddressBook
    ) {
        var named: Set<String> = []
        for rule in groups.flatMap(\.rules) { named.formUnion(rule.source.tags + rule.destination.tags) }
        book.keep(tags: named)
        let lowercased = Set(named.map { $0.lowercased() })
        for (name, tags) in tagFiles {
            files[name] = GroupFile.text(of: tags.filter { lowercased.contains($0.name.lowercased()) })
        }
    }

    /// What the user has given under `cloud`.
    private mutating func cloud(_ node: Node?, path: String) -> CloudFacts {
        var facts = CloudFacts()
        guard let node, let section = section(node, path: path, keys: ConfigurationReference.names(of: .cloud)) else {
            return facts
        }
        for (key, fact) in [
            ("resourceGroup", \CloudFacts.resourceGroup), ("location", \.location), ("subscription", \.subscription),
            ("subscriptionName", \.subscriptionName), ("tenant", \.tenant), ("managementGroup", \.managementGroup),
            ("deployment", \.deployment),
        ] as [(String, WritableKeyPath<CloudFacts, String?>)] {
            guard let value = text(section, key) else { continue }
            guard !value.isEmpty, !value.contains("/") else {
                report(
                    section[key], section.path(of: key), "\"\(value)\" is not a name or id: write it without slashes")
                continue
            }
            facts[keyPath: fact] = value
        }
        return facts
    }

    /// The groups of an entry: the name of a file, a file with its parameters, or the group itself.
    private mutating func readGroups(
        _ node: Node, _ path: String, _ book: AddressBook, _ cloud: CloudFacts
    ) -> [NetworkSecurityGroup] {
        var cloud = cloud
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
        } else if let entry = section(node, path: path, keys: ["file", "parameters", "cloud"]) {
            name = text(entry, "file")
            cloud = cloud.overridden(by: self.cloud(entry["cloud"], path: entry.path(of: "cloud")))
            if let written = text(entry, "parameters") {
                guard let bytes = bytes(of: written, node, entry.path(of: "parameters")) else { return [] }
                parameters = (written, bytes)
            }
        }
        guard let name, let bytes = bytes(of: name, node, path) else { return [] }
        do throws(ConfigurationErrors) {
            let read = try GroupFile.groups(bytes, file: name, parameters: parameters, book: book, cloud: cloud)
            notices += read.notices
            return read.groups
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

    /// The bytes of a file; nil, and reported, if it can't be read.
    private mutating func bytes(of name: String, _ node: Node, _ path: String) -> [UInt8]? {
        do throws(ConfigurationErrors) {
            let bytes = try loadFile(name)
            files[name] = bytes
            // The files are stored together with the configuration in force, and that must be readable again.
            guard files.values.reduce(0, { $0 + $1.count }) <= GroupLimits.fileBytes else {
                report(
                    node, path,
                    "with \(name) the files of the configuration are larger than \(GroupLimits.fileBytes >> 20) MiB: remove what no rule uses"
                )
                return nil
            }
            return bytes
        } catch {
            for mistake in error.errors { report(node, path, "\(mistake.file) \(mistake.message)") }
            return nil
        }
    }

    /// The firewall's own rules must not have a name that a group's rule has in logs and explanations.
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

    /// Resolves the group of a zone. A zone refers to it by name, by name and resource group (`web@production`), or by
    /// resource id. A missing group is an error. If a file has mistakes, only these are reported, because the group may
    /// be in that file.
    private mutating func findGroups(
        of zones: inout [Zone], _ groups: [NetworkSecurityGroup], _ section: Section, isComplete: Bool
    ) {
        let names = groups.map(\.name)
        for index in zones.indices {
            guard let wanted = zones[index].networkSecurityGroup, !names.contains(wanted) else { continue }
            if wanted.hasPrefix("/"),
                let group = groups.first(where: { $0.resourceIdentifier.lowercased() == wanted.lowercased() })
            {
                zones[index].networkSecurityGroup = group.name
                continue
            }
            let zone = "zone \"\(zones[index].name)\""
            let several = names.filter { $0.hasPrefix("\(wanted)@") }
            guard several.isEmpty else {
                report(
                    section["zones"], "zones[\(index)].networkSecurityGroup",
                    "\(zone): there are \(several.count) groups \"\(wanted)\", in different resource groups: write \(several.joined(separator: " or ")), or the group's id"
                )
                continue
            }
            guard isComplete else { continue }
            let nearest = DidYouMean.nearest(to: wanted, among: names).map { " (did you mean \($0)?)" } ?? ""
            let known = names.isEmpty ? "there are none" : "known: \(names.joined(separator: ", "))"
            report(
                section["zones"], "zones[\(index)].networkSecurityGroup",
                "\(zone): there is no group \"\(wanted)\"\(nearest): name its file under networkSecurityGroups (\(known))"
            )
        }
    }
}

/// The addresses that service tags and application security groups stand for.
package struct AddressBook: Equatable, Sendable {
    package static let virtualNetwork = "VirtualNetwork"
    package static let azureLoadBalancer = "AzureLoadBalancer"
    package static let internet = "Internet"

    /// An entry, with its name in the spelling that was read first.
    package struct Entry: Equatable, Sendable {
        package var name: String
        package var prefixes: [AddressPrefix]
    }

    private var tags: [String: Entry] = [:]
    private var groups: [String: Entry] = [:]

    /// The built-in tags. `VirtualNetwork` holds the internal prefixes and the platform's own address. `Internet` holds
    /// the public addresses outside of it. `AzureLoadBalancer` is the source address of health probes.
    package init(internalPrefixes: [AddressPrefix]) {
        let platform = ["168.63.129.16/32", "fe80::1234:5678:9abc/128"].compactMap { try? AddressPrefix(parsing: $0) }
        let virtualNetwork = internalPrefixes + platform
        add(tag: AddressBook.virtualNetwork, virtualNetwork)
        add(tag: AddressBook.azureLoadBalancer, platform)
        add(tag: AddressBook.internet, AddressPrefix.complement(of: virtualNetwork + AddressBook.notPublic))
    }

    /// Addresses that are not used on the public Internet (IANA special-purpose registries, RFC 6890).
    private static let notPublic = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "224.0.0.0/3", "::/8", "fc00::/7", "fe80::/10", "ff00::/8",
    ].compactMap { try? AddressPrefix(parsing: $0) }

    /// Adds a tag, or replaces its prefixes.
    package mutating func add(tag name: String, _ prefixes: [AddressPrefix]) {
        tags[name.lowercased()] = Entry(name: name, prefixes: prefixes)
    }

    /// Removes the tags that are not in `names`. The built-in ones stay.
    package mutating func keep(tags names: Set<String>) {
        let kept = Set((names + [Self.virtualNetwork, Self.azureLoadBalancer, Self.internet]).map { $0.lowercased() })
        tags = tags.filter { kept.contains($0.key) }
    }

    /// Adds an application security group, or adds members to it.
    package mutating func add(applicationSecurityGroup name: String, _ prefixes: [AddressPrefix]) {
        groups[name.lowercased(), default: Entry(name: name, prefixes: [])].prefixes += prefixes
    }

    /// The entry of a tag. Case is ignored.
    package func tag(_ name: String) -> Entry? { tags[name.lowercased()] }

    package func applicationSecurityGroup(_ name: String) -> Entry? { groups[name.lowercased()] }

    package var tagNames: [String] { tags.values.map(\.name).sorted() }
    package var applicationSecurityGroupNames: [String] { groups.values.map(\.name).sorted() }

    /// Whether a rule's side matches an address. Does not build the list of all its addresses.
    package func contains(_ address: NetworkAddress, in selection: AddressSelection) -> Bool {
        func holds(_ prefixes: [AddressPrefix]?) -> Bool { prefixes?.contains { $0.contains(address) } ?? false }
        return selection.isAny || holds(selection.prefixes) || selection.tags.contains { holds(tag($0)?.prefixes) }
            || selection.applicationSecurityGroups.contains { holds(applicationSecurityGroup($0)?.prefixes) }
    }

    /// All addresses that a rule's side matches. A group without members matches none.
    package func addresses(of selection: AddressSelection) -> AddressMatch {
        if selection.isAny { return .any }
        return .prefixes(
            selection.prefixes + selection.tags.flatMap { tag($0)?.prefixes ?? [] }
                + selection.applicationSecurityGroups.flatMap { applicationSecurityGroup($0)?.prefixes ?? [] })
    }
}

extension AddressPrefix {
    /// The smallest list of prefixes, of both families, that covers all addresses outside the given prefixes.
    package static func complement(of prefixes: [AddressPrefix]) -> [AddressPrefix] {
        AddressFamily.allCases.flatMap { family -> [AddressPrefix] in
            var gaps: [AddressPrefix] = []
            var next: UInt128 = 0
            let taken = prefixes.filter { $0.family == family }.sorted { $0.first.value < $1.first.value }
            for prefix in taken {
                if prefix.first.value > next { gaps += cover(family, next, prefix.first.value - 1) }
                if prefix.last.value == family.maximum { return gaps }
                next = max(next, prefix.last.value + 1)
            }
            return gaps + cover(family, next, family.maximum)
        }
    }

    /// The smallest list of prefixes that covers a range of addresses, both ends included.
    package static func cover(_ family: AddressFamily, _ first: UInt128, _ last: UInt128) -> [AddressPrefix] {
        var result: [AddressPrefix] = []
        var next = first
        while true {
            // The largest block that is aligned at `next` and does not pass the end.
            var free = min(next == 0 ? family.bits : next.trailingZeroBitCount, family.bits)
            func size(_ bits: Int) -> UInt128 { bits == 128 ? .max : (1 << UInt128(bits)) - 1 }
            while size(free) > last - next { free -= 1 }
            result.append(AddressPrefix(NetworkAddress(family: family, value: next), length: family.bits - free))
            let end = next + size(free)
            if end >= last { return result }
            next = end + 1
        }
    }
}

package import Glibc

/// A ready-made topology in network namespaces of this machine: hosts in the zones client, peer and internet, each joined
/// by a veth pair to the gateway between them.
///
/// ```
///   client 10.1.0.10  fd00:1::10 -- client0 \
///                                            gateway -- internet0 -- internet 203.0.113.10  2001:db8:3::10
///   peer   10.2.0.10  fd00:2::10 -- peer0   /
/// ```
///
/// The gateway forwards nothing by itself: that is Sluice's business.
package struct Lab: Sendable {
    package static let defaultName = "sluice-lab"

    /// The lab's name: part of its namespaces' names, and the name of the gateway in it.
    package let name: String

    private init(name: String) {
        self.name = name
    }

    /// Sets a lab up. `mtu` is that of a zone's link, both ends of it, in bytes; 1500 where nothing is given.
    package static func up(name: String = defaultName, mtu: [LabZone: Int] = [:]) throws(LabError) -> Lab {
        guard isGoodName(name) else { throw .badName(name) }
        let lab = Lab(name: name)
        guard !lab.isUp else { throw .exists(lab: name) }
        do throws(LabError) {
            try lab.build(mtu: mtu)
        } catch {
            // The first error is the one to report.
            try? down(name: name)
            throw error
        }
        return lab
    }

    /// The lab of this name that is up.
    package static func existing(name: String = defaultName) throws(LabError) -> Lab {
        let lab = Lab(name: name)
        guard LabPlace.all.allSatisfy({ lab.namespace($0).exists }) else { throw .missing(lab: name) }
        return lab
    }

    /// Ends a lab: kills what runs in it, and removes its namespaces, files, and what a killed gateway of its name has left
    /// pinned. Nothing happens if it is not up.
    package static func down(name: String = defaultName) throws(LabError) {
        guard isGoodName(name) else { throw .badName(name) }
        let lab = Lab(name: name)
        for place in LabPlace.all {
            try lab.namespace(place).killMembers()
        }
        for place in LabPlace.all {
            try lab.namespace(place).remove()
        }
        for directory in [lab.directory, "/run/sluice/" + name, "/sys/fs/bpf/sluice/" + name] {
            try removeTree(directory)
        }
    }

    /// Takes down the labs whose names begin with `prefix-PID-`, where no process of that identifier runs any more: what a
    /// killed test run has left behind.
    package static func downAbandoned(prefix: String) throws(LabError) {
        let suffix = "-" + LabPlace.gateway.name
        for namespace in directoryEntries("/run/netns") where namespace.hasPrefix(prefix + "-") {
            let rest = namespace.dropFirst(prefix.utf8.count + 1).split(separator: "-")
            guard namespace.hasSuffix(suffix), let owner = rest.first.flatMap({ pid_t($0) }) else { continue }
            if !isAlive(owner) {
                try down(name: String(namespace.dropLast(suffix.utf8.count)))
            }
        }
    }

    package func down() throws(LabError) {
        try Self.down(name: name)
    }

    /// Whether any of its namespaces is there.
    package var isUp: Bool {
        LabPlace.all.contains { namespace($0).exists }
    }

    /// Where the lab keeps its files; gone with the lab.
    package var directory: String { "/var/lib/sluice-lab/" + name }

    /// Writes a file into ``directory`` and returns its path.
    package func write(_ text: String, to file: String, mode: mode_t = 0o600) throws(LabError) -> String {
        let path = directory + "/" + file
        try writeFile(text, to: path, mode: mode)
        return path
    }

    /// Name of a place's network namespace.
    package func namespaceName(_ place: LabPlace) -> String {
        name + "-" + place.name
    }

    func namespace(_ place: LabPlace) -> NetworkNamespace {
        NetworkNamespace(name: namespaceName(place))
    }

    private static func isGoodName(_ name: String) -> Bool {
        let isGood = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x5F
        }
        return (1...32).contains(name.utf8.count) && name.utf8.allSatisfy(isGood) && name.first?.isLetter == true
    }
}

package import Glibc

/// A topology in network namespaces of this machine: a host in each of the zones client, peer and internet, joined by a
/// veth pair to the gateway between them.
///
/// ```
///   client 10.1.0.10  fd00:1::10 -- client0 \
///                                            gateway -- internet0 -- internet 203.0.113.10  2001:db8:3::10
///   peer   10.2.0.10  fd00:2::10 -- peer0   /
/// ```
///
/// The gateway itself forwards nothing. Sluice does.
package struct Lab: Sendable {
    package static let defaultName = "sluice-lab"

    /// The lab's name. It is part of the names of its namespaces, and the name of the gateway.
    package let name: String

    private init(name: String) {
        self.name = name
    }

    /// Sets up a lab. `mtu` is the MTU of a zone's link at both ends, in bytes; 1500 by default.
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

    /// The running lab with this name.
    package static func existing(name: String = defaultName) throws(LabError) -> Lab {
        let lab = Lab(name: name)
        guard LabPlace.all.allSatisfy({ lab.namespace($0).exists }) else { throw .missing(lab: name) }
        return lab
    }

    /// Removes a lab: kills its processes, and removes its namespaces, its files, and the pinned objects of a killed
    /// gateway of its name. Does nothing if it is not up.
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

    /// Removes the labs whose names begin with `prefix-PID-` if no process with that identifier runs: leftovers of a
    /// killed test run.
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

    /// Whether any of its namespaces exists.
    package var isUp: Bool {
        LabPlace.all.contains { namespace($0).exists }
    }

    /// The directory of the lab's files. It is removed with the lab.
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

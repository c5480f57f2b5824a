/// What runs a process: a container or a systemd unit, by the path of its cgroup. Pure.
package enum Workload: Hashable, Sendable {
    /// The first 12 digits of the container's identifier, as `docker ps` shows it.
    case container(String)
    /// A unit of systemd: `ssh.service`, `session-1.scope`.
    case unit(String)

    package var name: String {
        switch self {
        case .container(let identifier): "container \(identifier)"
        case .unit(let name): name
        }
    }

    /// From the text of /proc/PID/cgroup (cgroups(7)); nil: neither.
    package init?(processText text: String) {
        let paths = text.split(separator: "\n").compactMap { line -> (isUnified: Bool, path: Substring)? in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            return (fields[0] == "0", fields[2])
        }
        // A hybrid host has the unit in the hierarchy `name=systemd`, and may have "/" in the unified one.
        for (_, path) in paths.sorted(by: { $0.isUnified && !$1.isUnified }) {
            if let found = Workload(path: String(path)) {
                self = found
                return
            }
        }
        return nil
    }

    /// From a path in the cgroup hierarchy: `/system.slice/docker-<64 digits>.scope`, `/docker/<64 digits>`,
    /// `/kubepods.slice/…/cri-containerd-<64 digits>.scope`, `/machine.slice/libpod-<64 digits>.scope/container`,
    /// `/system.slice/ssh.service`.
    package init?(path: String) {
        let parts = path.split(separator: "/")
        for part in parts.reversed() {
            if let identifier = Self.containerIdentifier(part) {
                self = .container(identifier)
                return
            }
        }
        guard let unit = parts.last(where: { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }) else { return nil }
        self = .unit(String(unit))
    }

    /// The end of a name that has 64 hexadecimal digits.
    private static func containerIdentifier(_ part: Substring) -> String? {
        let stem = part.hasSuffix(".scope") ? part.dropLast(6) : part
        let digits = stem.suffix(64)
        guard digits.count == 64, digits.allSatisfy({ $0.isHexDigit && !$0.isUppercase }),
            stem.count == 64 || stem.dropLast(64).last == "-"
        else { return nil }
        return String(digits.prefix(12))
    }
}

import Yams

extension ConfigurationReader {
    /// The zones. Zone names are unique, and so are interfaces across all zones.
    mutating func zones(_ section: Section) -> [Zone] {
        guard section["zones"] != nil else {
            reportMissing(section, "zones", example: "[{ name: internet, interfaces: [eth0] }]")
            return []
        }
        guard let list = list(section, "zones") else { return [] }
        guard (1...ConfigurationLimits.zones).contains(list.count) else {
            report(section["zones"], "zones", "\(list.count) zones: write 1 to \(ConfigurationLimits.zones)")
            return []
        }
        var zones: [Zone] = []
        var pathByName: [String: String] = [:]
        var zoneByInterface: [String: String] = [:]
        for (path, node) in list {
            guard let section = self.section(node, path: path, keys: ConfigurationReference.names(of: .zone)) else {
                continue
            }
            let name = name(section, example: "internet")
            if let name, let other = pathByName.updateValue(path, forKey: name) {
                report(
                    section["name"], section.path(of: "name"),
                    "\"\(name)\" is the name of \(other) too: give each zone its own")
            }
            guard section["interfaces"] != nil else {
                reportMissing(section, "interfaces", example: "[eth0]")
                continue
            }
            guard let interfaces = self.list(section, "interfaces") else { continue }
            if interfaces.isEmpty {
                report(
                    section["interfaces"], section.path(of: "interfaces"), "is an empty list: write for example [eth0]")
            }
            var zone = Zone(
                name: name ?? "", interfaces: [], networkSecurityGroup: text(section, "networkSecurityGroup"))
            for (path, node) in interfaces {
                guard let interface = text(node, path) else { continue }
                guard isInterfaceName(interface) else {
                    report(
                        node, path,
                        "\"\(interface)\" can't name an interface: write 1 to \(ConfigurationLimits.interfaceNameBytes) bytes as `ip link` shows them"
                    )
                    continue
                }
                if let other = zoneByInterface.updateValue(section.path, forKey: interface) {
                    let place = other == section.path ? "in this zone already" : "in \(other) already"
                    report(node, path, "\"\(interface)\" is \(place): an interface belongs to one zone, once")
                }
                zone.interfaces.append(interface)
            }
            zones.append(zone)
        }
        return zones
    }

    /// The rules of the kernel's dev_valid_name.
    private func isInterfaceName(_ name: String) -> Bool {
        (1...ConfigurationLimits.interfaceNameBytes).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != 0x2F && $0 != 0x3A }
    }
}

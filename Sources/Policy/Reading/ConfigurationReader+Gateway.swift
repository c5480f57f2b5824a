import Yams

extension ConfigurationReader {
    /// The gateway's name; the host's name by default.
    mutating func gatewayName(_ section: Section) -> String? {
        let written = section["gateway"] == nil ? hostName : text(section, "gateway")
        guard let name = written else { return nil }
        let letters = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x2E || byte == 0x5F
        }
        let begins = name.utf8.first.map { $0 != 0x2D && $0 != 0x2E } ?? false
        guard letters, begins, name.utf8.count <= ConfigurationLimits.gatewayNameBytes else {
            let origin = section["gateway"] == nil ? " (the host's name, as the key is missing)" : ""
            report(
                section["gateway"], "gateway",
                """
                "\(name)"\(origin) can't name a gateway: write 1 to \(ConfigurationLimits.gatewayNameBytes) letters, digits, \
                "-", "_" or ".", for example gateway: edge-1
                """)
            return nil
        }
        return name
    }

    mutating func timeScale(_ section: Section) -> Double? {
        guard section["timeScale"] != nil else { return 1 }
        guard let text = text(section, "timeScale") else { return nil }
        let range = ConfigurationLimits.timeScale
        guard let number = Double(text), range.contains(number) else {
            report(
                section["timeScale"], "timeScale",
                "\"\(text)\" is not a number from \(Int(range.lowerBound)) to \(Int(range.upperBound)): write 1 for real time, or 60 so that a minute takes a second"
            )
            return nil
        }
        return number
    }

    mutating func continuity(_ section: Section) -> Configuration.Continuity? {
        guard section["continuity"] != nil else { return .disruptive }
        return choice(section, "continuity", Configuration.Continuity.self)
    }

    /// `capacity: { sessions: 262144 }`.
    mutating func capacity(_ section: Section) -> Int? {
        let usual = 262_144
        guard let node = section["capacity"] else { return usual }
        guard let capacity = self.section(node, path: "capacity", keys: ConfigurationReference.names(of: .capacity))
        else { return nil }
        guard capacity["sessions"] != nil else { return usual }
        return integer(capacity, "sessions", in: ConfigurationLimits.capacitySessions)
    }

    mutating func internalPrefixes(_ section: Section) -> [AddressPrefix]? {
        guard section["internalPrefixes"] != nil else { return Configuration.defaultInternalPrefixes }
        guard let list = list(section, "internalPrefixes") else { return nil }
        guard list.count <= ConfigurationLimits.internalPrefixes else {
            report(
                section["internalPrefixes"], "internalPrefixes",
                "\(list.count) prefixes are more than \(ConfigurationLimits.internalPrefixes): write fewer, larger ones"
            )
            return nil
        }
        return list.compactMap { path, node in
            guard let text = text(node, path) else { return nil }
            do throws(AddressPrefix.Mistake) {
                return try AddressPrefix(parsing: text)
            } catch {
                report(node, path, "\"\(text)\" \(error)")
                return nil
            }
        }
    }
}

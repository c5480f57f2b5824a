import Foundation
import Glibc
import Testing

@testable import Policy

/// Real-world files: several groups with one name, byte order marks and pipes, published tags, facts of the cloud.
@Suite("Real-world files")
struct FieldFileTests {
    /// A directory with files, and the configuration that names them.
    private func withFiles<Result>(
        _ files: [String: [UInt8]], _ body: (String) throws -> Result
    ) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "sluice-files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, bytes) in files { try Data(bytes).write(to: directory.appendingPathComponent(name)) }
        return try body(directory.path)
    }

    private func mistakes(_ directory: String, _ file: String = "sluice.yaml") -> String {
        do throws(ConfigurationErrors) {
            _ = try Configuration.read(path: "\(directory)/\(file)")
            return ""
        } catch { return error.description }
    }

    private static func exported(_ name: String, _ resourceGroup: String, port: Int) -> String {
        """
        { "name": "\(name)", "id": "/subscriptions/s/resourceGroups/\(resourceGroup)/providers/Microsoft.Network/networkSecurityGroups/\(name)",
          "securityRules": [ { "name": "in", "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
            "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "\(port)" } ] }
        """
    }

    private func configuration(_ zoneGroup: String) -> [UInt8] {
        Array(
            """
            gateway: g
            zones: [{ name: a, interfaces: [eth0], networkSecurityGroup: \(zoneGroup) }, { name: b, interfaces: [eth1] }]
            networkSecurityGroups: [list.json]
            rules: [{ name: all, priority: 1, access: Allow, protocol: "*", source: "*", destination: "*" }]
            """.utf8)
    }

    @Test("NSG-9 for a file with mistakes only these are reported, not that the groups of zones are missing")
    func mistakesOfTheFileOnly() throws {
        let bad = Self.exported("web", "rg-a", port: 80).replacing("\"Tcp\"", with: "\"Tpc\"")
        try withFiles(["list.json": Array(bad.utf8), "sluice.yaml": configuration("web")]) { directory in
            let mistakes = mistakes(directory)
            #expect(mistakes.contains("Tpc"))
            #expect(!mistakes.contains("there is no group"), "\(mistakes)")
        }
        let good = Self.exported("web", "rg-a", port: 80)
        try withFiles(["list.json": Array(good.utf8), "sluice.yaml": configuration("wbe")]) { directory in
            #expect(mistakes(directory).contains("there is no group \"wbe\" (did you mean web?)"))
        }
    }

    @Test(
        "NSG-9 comments, strings that span lines and a comma after the last element are accepted, as in the cloud"
    )
    func lenientJSON() throws {
        let text = """
            { // The web servers.
              "name": "web", /* since
              2019 */ "securityRules": [ { "name": "in", "description": "over
            two lines", "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
                "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "*",
                "destinationPortRanges": [ "80", "443", // both
                ], }, ], }
            """
        let groups = try GroupFile.groups(Array(text.utf8), file: "nsg.json", book: GroupTexts.book).groups
        #expect(groups.map(\.name) == ["web"])
        #expect(groups.first?.rules.first?.destinationPorts.items.count == 2)
        for (wrong, message) in [
            ("[ , ]", "needs a value here"), ("[ 1,, ]", "needs a value here"), ("{ , }", "needs a key in quotes here"),
            ("[ 1, ", "needs a value here"), ("[ 1, }", "needs a value here"),
        ] { #expect(GroupTexts.mistakes(wrong).contains(message), "\(wrong): \(GroupTexts.mistakes(wrong))") }
    }

    @Test(
        "NSG-9 groups with the same name in several resource groups are distinguished; only an ambiguous use is refused"
    )
    func sameName() throws {
        let list =
            "[ \(Self.exported("web", "rg-a", port: 80)), \(Self.exported("Web", "rg-b", port: 81)), \(Self.exported("db", "rg-a", port: 82)) ]"
        for (written, name, port) in [
            ("web@rg-a", "web@rg-a", "80"), ("Web@rg-b", "Web@rg-b", "81"), ("db", "db", "82"),
            (
                "/subscriptions/S/resourcegroups/RG-B/providers/Microsoft.Network/networkSecurityGroups/web",
                "Web@rg-b", "81"
            ),
        ] {
            try withFiles(["list.json": Array(list.utf8), "sluice.yaml": configuration(written)]) {
                (directory: String) throws in
                let configuration = try Configuration.read(path: "\(directory)/sluice.yaml")
                #expect(configuration.zones[0].networkSecurityGroup == name)
                let group = try #require(configuration.group(ofZone: "a"))
                #expect(group.rules[0].destinationPorts.items == [port])
                #expect(Set(configuration.ruleLists.map(\.name)).count == configuration.ruleLists.count)
                // The stored configuration in force is read back as the same.
                let kept = configuration.selfContained(self.configuration(written))
                let again = try Configuration.parse(String(decoding: kept, as: UTF8.self), file: "/nowhere/kept.yaml")
                #expect(again == configuration)
            }
        }
        try withFiles(["list.json": Array(list.utf8), "sluice.yaml": configuration("web")]) {
            (directory: String) throws in
            #expect(
                mistakes(directory).hasSuffix(
                    "zone \"a\": there are 1 groups \"web\", in different resource groups: write web@rg-a, or the group's id"
                )
                    || mistakes(directory).contains("write web@rg-a or Web@rg-b, or the group's id"),
                "\(mistakes(directory))")
        }
        let twice = "[ \(Self.exported("web", "rg-a", port: 80)), \(Self.exported("web", "RG-A", port: 81)) ]"
        try withFiles(["list.json": Array(twice.utf8), "sluice.yaml": configuration("web")]) {
            (directory: String) throws in
            #expect(mistakes(directory).contains("the group \"web\" exists already"))
        }
    }

    @Test("NSG-9 a group that no zone uses is reported")
    func unused() throws {
        let list = "[ \(Self.exported("web", "rg", port: 80)), \(Self.exported("db", "rg", port: 82)) ]"
        try withFiles(["list.json": Array(list.utf8), "sluice.yaml": configuration("web")]) {
            (directory: String) throws in
            #expect(
                try Configuration.read(path: "\(directory)/sluice.yaml").notices == [
                    "networkSecurityGroups: no zone uses the group \"db\", so it has no effect: write networkSecurityGroup: db in a zone"
                ])
        }
    }

    @Test("NSG-5 facts that a template needs from the cloud are written in sluice.yaml, for all files or for one")
    func cloud() throws {
        let template = """
            { "resources": [ { "type": "Microsoft.Network/networkSecurityGroups",
              "name": "[format('nsg-{0}-{1}', resourceGroup().name, parameters('location'))]", "properties": { "securityRules": [] } } ],
              "parameters": { "location": { "type": "string", "defaultValue": "[resourceGroup().location]" } } }
            """
        func text(_ rest: String) -> [UInt8] {
            Array("gateway: g\nzones: [{ name: a, interfaces: [eth0] }]\n\(rest)".utf8)
        }
        for (rest, name) in [
            (
                "cloud: { resourceGroup: rg, location: westeurope }\nnetworkSecurityGroups: [t.json]",
                "nsg-rg-westeurope"
            ),
            (
                "cloud: { resourceGroup: rg, location: westeurope }\nnetworkSecurityGroups: [{ file: t.json, cloud: { resourceGroup: other } }]",
                "nsg-other-westeurope"
            ),
        ] {
            try withFiles(["t.json": Array(template.utf8), "sluice.yaml": text(rest)]) { (directory: String) throws in
                #expect(try Configuration.read(path: "\(directory)/sluice.yaml").groups.map(\.name) == [name])
            }
        }
        try withFiles(["t.json": Array(template.utf8), "sluice.yaml": text("networkSecurityGroups: [t.json]")]) {
            (directory: String) throws in
            #expect(mistakes(directory).contains("write it under cloud, for example cloud: { resourceGroup: NAME }"))
        }
        try withFiles(["sluice.yaml": text("cloud: { resourcegroup: x, location: a/b }")]) {
            (directory: String) throws in
            #expect(
                mistakes(directory).contains(
                    "cloud.resourcegroup: is not a key that can be set here: did you mean resourceGroup?"))
            #expect(mistakes(directory).contains("cloud.location: \"a/b\" is not a name or id"))
        }
    }

    @Test("BAD-6 a byte order mark may begin every file that is read")
    func byteOrderMark() throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let group = "name: web\nsecurityRules: []\n"
        let template = """
            { "parameters": { "n": { "type": "string" } }, "resources": [ { "type": "Microsoft.Network/networkSecurityGroups",
              "name": "[parameters('n')]", "properties": { "securityRules": [] } } ] }
            """
        let text = """
            gateway: g
            zones: [{ name: a, interfaces: [eth0], networkSecurityGroup: web }]
            networkSecurityGroups: [web.yaml, { file: t.json, parameters: p.json }, { file: t.json, parameters: p.yaml }]
            serviceTags: [tags.json]
            """
        let files = [
            "sluice.yaml": text, "web.yaml": group, "t.json": template, "p.json": "{ \"n\": \"db\" }",
            "p.yaml": "n: log",
            "tags.json": "{ \"values\": [] }",
        ]
        try withFiles(files.mapValues { mark + Array($0.utf8) }) { (directory: String) throws in
            let configuration = try Configuration.read(path: "\(directory)/sluice.yaml")
            #expect(configuration.groups.map(\.name) == ["web", "db", "log"])
        }
    }

    @Test(
        "BAD-6 a pipe, a directory or a device instead of a file is reported, without waiting for it",
        .timeLimit(.minutes(1)))
    func noFiles() throws {
        let places = [
            "networkSecurityGroups: [PLACE]", "networkSecurityGroups: [{ file: t.json, parameters: PLACE }]",
            "serviceTags: [PLACE]",
        ]
        for place in places {
            let text = "gateway: g\nzones: [{ name: a, interfaces: [eth0] }]\n\(place.replacing("PLACE", with: "pipe"))"
            try withFiles(["sluice.yaml": Array(text.utf8), "t.json": Array("{}".utf8)]) { (directory: String) throws in
                #expect(mkfifo("\(directory)/pipe", 0o600) == 0)
                #expect(
                    mistakes(directory).contains("pipe is a pipe, not a file: write the path of the file itself"),
                    "\(mistakes(directory))")
                #expect(
                    mistakes(directory, "pipe")
                        == "\(directory)/pipe: is a pipe, not a file: write the path of the file itself")
                #expect(mkdir("\(directory)/folder", 0o700) == 0)
                #expect(
                    mistakes(directory, "folder")
                        == "\(directory)/folder: is a directory, not a file: write the path of the file itself")
            }
        }
    }

    // MARK: - Published tags

    /// As many prefixes as the published file contains.
    private static let publishedTags: [UInt8] = {
        var values: [String] = []
        for tag in 0..<100 {
            let prefixes = (0..<1000).map { "\"20.\(tag).\($0 / 4).\($0 % 4 * 64)/26\"" }
            values.append(
                "{ \"name\": \"Tag\(tag)\", \"properties\": { \"addressPrefixes\": [\(prefixes.joined(separator: ","))] } }"
            )
        }
        return Array("{ \"values\": [\(values.joined(separator: ",\n"))] }".utf8)
    }()

    @Test(
        "NSG-7 of a hundred thousand published prefixes only those that rules use are stored with the policy in force")
    func tagsInForce() throws {
        let rule =
            "{ name: r, priority: 100, direction: Outbound, access: Allow, protocol: Tcp, source: \"*\", destination: tag7, destinationPorts: 443 }"
        let text = """
            gateway: g
            zones: [{ name: a, interfaces: [eth0], networkSecurityGroup: web }, { name: b, interfaces: [eth1] }]
            networkSecurityGroups: [{ name: web, rules: [\(rule)] }]
            serviceTags: [tags.json]
            rules: [{ name: all, priority: 1, access: Allow, protocol: "*", source: "*", destination: "*" }]
            """
        try withFiles(["sluice.yaml": Array(text.utf8), "tags.json": Self.publishedTags]) {
            (directory: String) throws in
            let configuration = try Configuration.read(path: "\(directory)/sluice.yaml")
            #expect(configuration.addressBook.tagNames == ["AzureLoadBalancer", "Internet", "Tag7", "VirtualNetwork"])
            let kept = configuration.selfContained(Array(text.utf8))
            #expect(kept.count < Self.publishedTags.count / 20)
            #expect(
                try Configuration.parse(String(decoding: kept, as: UTF8.self), file: "/nowhere/kept.yaml")
                    == configuration)
            // It decides as before.
            let trail = DecisionTrail(
                of: configuration, sourceZone: "a", destinationZone: "b",
                source: try #require(NetworkAddress("10.0.0.1")), destination: try #require(NetworkAddress("20.7.1.1")),
                sourcePort: 40000, destinationPort: 443, ipProtocol: 6)
            #expect(trail.steps.first?.decidingRule?.name == "web/r" && trail.isAllowed)
        }
    }
}

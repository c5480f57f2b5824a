import Testing

@testable import Policy

@Suite("Network security groups: templates")
struct GroupTemplateTests {
    private func template(_ resources: String, _ rest: String = "") -> String {
        """
        { "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
          "contentVersion": "1.0.0.0", \(rest)
          "resources": [ \(resources) ] }
        """
    }

    private func group(_ name: String, _ properties: String) -> String {
        """
        { "type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2023-09-01", "name": "\(name)",
          "location": "[resourceGroup().location]", "properties": { \(properties) } }
        """
    }

    private func rule(_ changes: [String: String] = [:]) -> String {
        let fields = GroupTexts.rule("r", changes.merging(["name": ""]) { first, _ in first })
        return "{ \"name\": \(changes["name"] ?? "\"r\""), \"properties\": \(fields) }"
    }

    @Test(
        "NSG-5 parameters with defaults, a parameters file, variables, concat, format, resourceId and functions of texts"
    )
    func expressions() throws {
        let text = template(
            """
            { "type": "Microsoft.Storage/storageAccounts", "name": "[uniqueString('x')]" },
            """
                + group(
                    "[concat(parameters('prefix'), '-', variables('tier'), '-nsg')]",
                    """
                    "securityRules": [ \(rule([
                        "name": "\"[format('allow-{0}-{1}', toLower('HTTPS'), length(variables('ports')))]\"",
                        "priority": "\"[add(parameters('first'), 5)]\"",
                        "protocol": "\"[if(equals(parameters('prefix'), 'prod'), 'Tcp', 'Udp')]\"",
                        "sourceAddressPrefix": "\"[parameters('office').v4]\"",
                        "destinationPortRanges": "\"[variables('ports')]\"",
                        "destinationAddressPrefix": "",
                        "destinationApplicationSecurityGroups":
                            "[ { \"id\": \"[resourceId('Microsoft.Network/applicationSecurityGroups', variables('asg'))]\" } ]",
                    ])) ]
                    """),
            """
            "parameters": { "prefix": { "type": "string", "defaultValue": "dev" }, "first": { "type": "int" },
              "office": { "type": "object", "defaultValue": { "v4": "192.0.2.0/24" } } },
            "variables": { "tier": "[substring('website', 0, 3)]", "asg": "[replace('Asg_Db', '_', '')]",
              "ports": [ "443", "[string(8443)]" ] },
            """)
        let parameters = """
            { "$schema": "x", "parameters": { "prefix": { "value": "prod" }, "first": { "value": 300 } } }
            """
        let group = try #require(try GroupTexts.groups(text, parameters: parameters).first)
        #expect(group.name == "prod-web-nsg")
        let rule = try #require(group.rules.first)
        #expect(rule.name == "allow-https-2" && rule.priority == 305 && rule.ipProtocol == .tcp)
        #expect(rule.source.items == ["192.0.2.0/24"] && rule.destination.applicationSecurityGroups == ["AsgDb"])
        #expect(rule.destinationPorts.items == ["443", "8443"])
    }

    @Test("NSG-5 copy loops of resources, rules and variables")
    func copies() throws {
        let text = template(
            """
            { "type": "Microsoft.Network/networkSecurityGroups", "name": "[format('nsg-{0}', copyIndex(1))]",
              "copy": { "name": "groups", "count": "[length(variables('offices'))]" },
              "properties": { "copy": [ { "name": "securityRules", "count": 3, "input": {
                "name": "[concat('r', copyIndex('securityRules'))]",
                "properties": { "priority": "[add(100, copyIndex('securityRules'))]", "direction": "Inbound",
                  "access": "Allow", "protocol": "Tcp", "destinationAddressPrefix": "*", "destinationPortRange": "22",
                  "sourceAddressPrefix": "[variables('offices')[copyIndex('groups')]]" } } } ] } }
            """,
            """
            "variables": { "copy": [ { "name": "offices", "count": 2,
              "input": "[format('198.51.100.{0}/32', mul(copyIndex('offices'), 16))]" } ] },
            """)
        let groups = try GroupTexts.groups(text)
        #expect(groups.map(\.name) == ["nsg-1", "nsg-2"])
        #expect(
            groups[1].rules.map(\.name) == ["r0", "r1", "r2"] && groups[1].rules.map(\.priority) == [100, 101, 102])
        #expect(groups.map { $0.rules[2].source.items } == [["198.51.100.0"], ["198.51.100.16"]])
    }

    @Test("NSG-5 rules that are resources of their own, inside the group or beside it; conditions; symbolic names")
    func apart() throws {
        let inner = rule(["name": "\"inner\""]).replacing("{ \"name\"", with: "{ \"type\": \"securityRules\", \"name\"")
        let beside = rule(["name": "\"[concat('g', '/beside')]\"", "priority": "200"])
            .replacing("{ \"name\"", with: "{ \"type\": \"\(GroupReader.ruleType)\", \"name\"")
        let off = rule(["name": "\"g/off\"", "priority": "300"])
            .replacing(
                "{ \"name\"",
                with: "{ \"type\": \"\(GroupReader.ruleType)\", \"condition\": \"[not(true())]\", \"name\"")
        let group = """
            { "type": "\(GroupReader.groupType)", "name": "g", "properties": {}, "resources": [ \(inner) ] }
            """
        for text in [
            template("\(beside), \(group), \(off)"),
            "{ \"languageVersion\": \"2.0\", \"resources\": { \"a\": \(group), \"b\": \(beside), \"c\": \(off) } }",
        ] {
            let groups = try GroupTexts.groups(text)
            #expect(groups.map(\.name) == ["g"] && groups[0].rules.map(\.name) == ["inner", "beside"])
        }
        #expect(
            GroupTexts.mistakes(template(beside))
                == "nsg.json:3: resources[0].name: is a rule of the group \"g\", which the template does not have: add the group to the template"
        )
    }

    @Test(
        "NSG-5 what can't be resolved is named with its path, and nothing is read",
        arguments: [
            ("[reference('x').ip]", "calls reference(), whose value is known only in the cloud"),
            ("[parameters('nowhere')]", "refers to the parameter \"nowhere\", which the template does not declare"),
            (
                "[parameters('bare')]",
                "refers to the parameter \"bare\", which has no value: give it one in a parameters file"
            ),
            ("[variables('nowhere')]", "refers to the variable \"nowhere\""),
            ("[variables('self')]", "refers to itself"),
            ("[concat('a'", "is no address"),
            ("[concat('a']", "needs , at character 12"),
            ("[format('{0}')]", "calls format() with too few arguments"),
            ("[copyIndex()]", "has a copyIndex() outside of its copy loop"),
            ("[substring('abc', 2, 9)]", "calls substring() beyond the text's end"),
            ("[variables('list')[7]]", "refers to [7], which is not there"),
        ])
    func unresolved(expression: String, message: String) {
        let text = template(
            group("g", "\"securityRules\": [ \(rule(["sourceAddressPrefix": "\"\(expression)\""])) ]"),
            """
            "parameters": { "bare": { "type": "string" } },
            "variables": { "self": "[variables('self')]", "list": [] },
            """)
        let mistakes = GroupTexts.mistakes(text)
        #expect(
            mistakes.hasPrefix(
                "nsg.json:5: resources[0].properties.securityRules[0].properties.sourceAddressPrefix: rule \"r\": "),
            "\(mistakes)")
        #expect(mistakes.contains(message), "\(mistakes)")
    }

    @Test("NSG-5 a nested deployment with groups, an endless loop, a key vault's secret: refused")
    func refused() {
        let nested = """
            { "type": "Microsoft.Resources/deployments", "name": "d", "properties": { "template": { "resources": [
              { "type": "microsoft.network/NetworkSecurityGroups" } ] } } }
            """
        #expect(GroupTexts.mistakes(template(nested)).contains("resources[0]: is a nested deployment"))
        let loop = """
            { "type": "\(GroupReader.groupType)", "name": "g", "copy": { "name": "c", "count": 1000000000 } }
            """
        #expect(GroupTexts.mistakes(template(loop)).contains("resources[0].copy: has a copy loop of 1000000000 turns"))
        let secret = template(group("[parameters('p')]", ""), "\"parameters\": { \"p\": { \"type\": \"string\" } },")
        #expect(
            GroupTexts.mistakes(secret, parameters: "{ \"parameters\": { \"p\": { \"reference\": {} } } }")
                .contains(
                    "resources[0].name: \"[parameters('p')]\" can't be resolved: it refers to the parameter \"p\", which lies in a key vault"
                ))
        #expect(GroupTexts.mistakes(template("")).contains("resources: holds no network security group"))
    }
}

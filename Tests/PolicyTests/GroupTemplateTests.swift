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

    @Test("NSG-5 rules that are separate resources, inside the group or beside it; conditions; symbolic names")
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
        "NSG-5 a value that can't be resolved is reported with its path, and nothing is read",
        arguments: [
            ("[reference('x').ip]", "calls reference(), whose value is known only in the cloud"),
            ("[parameters('nowhere')]", "refers to the parameter \"nowhere\", which the template does not declare"),
            (
                "[parameters('bare')]",
                "refers to the parameter \"bare\", which has no value: give it one in a parameters file"
            ),
            ("[variables('nowhere')]", "refers to the variable \"nowhere\""),
            ("[variables('self')]", "refers to itself"),
            ("[concat('a'", "is not an address"),
            ("[concat('a']", "needs , at character 12"),
            ("[format('{0}')]", "calls format() with too few arguments"),
            ("[copyIndex()]", "has a copyIndex() outside of its copy loop"),
            ("[substring('abc', 2, 9)]", "calls substring() beyond the text's end"),
            ("[variables('list')[7]]", "refers to [7], which does not exist"),
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

    @Test("NSG-5 a value that the template does not allow is refused; a misspelt parameter is reported")
    func parameterValues() throws {
        let head = """
            "parameters": {
                "from": { "type": "string", "defaultValue": "*" },
                "system": { "type": "string", "allowedValues": [ "Windows", "Ubuntu" ] }
            },
            """
        let port = "[if(equals(parameters('system'), 'Windows'), '3389', '22')]"
        let fields = ["sourceAddressPrefix": "\"[parameters('from')]\"", "destinationPortRange": "\"\(port)\""]
        let text = template(group("g", "\"securityRules\": [ \(rule(fields)) ]"), head)
        func read(_ parameters: String) throws -> (groups: [NetworkSecurityGroup], notices: [String]) {
            let read = try GroupFile.groups(
                Array(text.utf8), file: "nsg.json", parameters: ("parameters.json", Array(parameters.utf8)),
                book: GroupTexts.book)
            return (read.groups, read.notices)
        }
        let good = try read(
            #"{ "parameters": { "System": { "value": "windows" }, "from": { "value": "192.0.2.0/24" } } }"#)
        #expect(good.notices == [])
        let misspelt = try read(
            #"{ "parameters": { "system": { "value": "Ubuntu" }, "form": { "value": "192.0.2.0/24" } } }"#)
        #expect(misspelt.notices.count == 1 && misspelt.notices[0].contains("\"form\""), "\(misspelt.notices)")
        #expect(misspelt.notices.first?.contains("did you mean from?") == true)
        let refused = #expect(throws: (any Error).self) {
            try read(#"{ "parameters": { "system": { "value": "Widnows" } } }"#)
        }
        #expect(refused.map { "\($0)".contains("did you mean Windows?") } == true, "\(String(describing: refused))")
    }

    @Test("NSG-5 an endless loop, a key vault's secret: refused")
    func refused() {
        let loop = """
            { "type": "\(GroupReader.groupType)", "name": "g", "copy": { "name": "c", "count": 1000000000 } }
            """
        #expect(
            GroupTexts.mistakes(template(loop)).contains("resources[0].copy: has a copy loop of 1000000000 iterations"))
        let secret = template(group("[parameters('p')]", ""), "\"parameters\": { \"p\": { \"type\": \"string\" } },")
        #expect(
            GroupTexts.mistakes(secret, parameters: "{ \"parameters\": { \"p\": { \"reference\": {} } } }")
                .contains(
                    "resources[0].name: \"[parameters('p')]\" can't be resolved: it refers to the parameter \"p\", which is stored in a key vault"
                ))
        #expect(GroupTexts.mistakes(template("")).contains("resources: holds no network security group"))
    }

    @Test("NSG-5 an export of the portal: each rule inline and again as a child, which replaces it")
    func exported() throws {
        let inline =
            rule(["name": "\"https\"", "priority": "100"]) + ", " + rule(["name": "\"ssh\"", "priority": "200"])
        let child = rule(["name": "\"[concat(parameters('nsg_web_name'), '/HTTPS')]\"", "priority": "110"])
            .replacing(
                "{ \"name\"", with: "{ \"type\": \"\(GroupReader.ruleType)\", \"dependsOn\": [ \"x\" ], \"name\"")
        let text = template(
            child + ", " + group("[parameters('nsg_web_name')]", "\"securityRules\": [ \(inline) ]"),
            "\"parameters\": { \"nsg_web_name\": { \"defaultValue\": \"web\", \"type\": \"String\" } },")
        let group = try #require(try GroupTexts.groups(text).first)
        #expect(group.rules.map(\.name) == ["HTTPS", "ssh"] && group.rules.map(\.priority) == [110, 200])
        // Two children with one name are two resources with one id, which can't be deployed.
        #expect(
            GroupTexts.mistakes(text.replacing("\"resources\": [", with: "\"resources\": [ \(child),"))
                .contains("is the name of resources[0] too"))
    }

    private func nested(_ scope: String, _ name: String, _ rest: String = "") -> String {
        """
        { "type": "Microsoft.Resources/deployments", "name": "net", \(rest) "apiVersion": "2022-09-01", "properties": {
          "expressionEvaluationOptions": { "scope": "\(scope)" }, "mode": "Incremental",
          "parameters": { "name": { "value": "[concat(parameters('name'), '-nsg')]" },
            "rules": { "value": "[map(parameters('ports'), lambda('p', createObject('name', concat('p', lambdaVariables('p')), 'port', lambdaVariables('p'))))]" },
            "secret": { "value": "[reference('vault').secret]" } },
          "template": { "$schema": "x", "languageVersion": "2.0", "contentVersion": "1.0.0.0",
            "parameters": { "name": { "type": "string" }, "rules": { "type": "array" }, "secret": { "type": "securestring" } },
            "resources": { "nsg": { "type": "\(GroupReader.groupType)", "name": "\(name)",
              "properties": { "copy": [ { "name": "securityRules", "count": "[length(parameters('rules'))]", "input": {
                "name": "[parameters('rules')[copyIndex('securityRules')].name]",
                "properties": { "priority": "[add(100, copyIndex('securityRules'))]", "direction": "Inbound",
                  "access": "Allow", "protocol": "[coalesce(tryGet(parameters('rules')[copyIndex('securityRules')], 'protocol'), 'Tcp')]",
                  "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "sourcePortRange": "*",
                  "destinationPortRange": "[string(parameters('rules')[copyIndex('securityRules')].port)]" } } } ] } },
              "there": { "existing": true, "type": "\(GroupReader.groupType)", "name": "[reference('x').name]" } },
            "outputs": { "names": { "type": "array", "value": "[map(parameters('rules'), lambda('r', lambdaVariables('r').name))]" } } } } }
        """
    }

    private let nestedParameters =
        "\"parameters\": { \"name\": { \"type\": \"string\", \"defaultValue\": \"outer\" }, \"ports\": { \"type\": \"array\", \"defaultValue\": [443, 8443] } },"

    @Test("NSG-5 a nested deployment uses its own parameters, or with the outer scope its parent's")
    func nestedDeployments() throws {
        let inner = template(nested("inner", "[parameters('name')]"), nestedParameters)
        let group = try #require(try GroupTexts.groups(inner).first)
        #expect(group.name == "outer-nsg" && group.rules.map(\.name) == ["p443", "p8443"])
        #expect(group.rules.map(\.destinationPorts.items) == [["443"], ["8443"]])
        // With the outer scope the name is the parent's, which has no rules.
        #expect(
            GroupTexts.mistakes(template(nested("outer", "[parameters('name')]"), nestedParameters))
                .contains("refers to the parameter \"rules\", which the template does not declare"))
        let outer = template(
            nested("outer", "[parameters('name')]").replacing("parameters('rules')", with: "variables('rules')"),
            nestedParameters
                + "\"variables\": { \"rules\": [ { \"name\": \"r\", \"port\": 22, \"protocol\": \"Udp\" } ] },")
        let other = try #require(try GroupTexts.groups(outer).first)
        #expect(other.name == "outer" && other.rules.map(\.name) == ["r"] && other.rules[0].ipProtocol == .udp)
        // Skipped, copied, and with its outputs used.
        #expect(
            GroupTexts.mistakes(
                template(nested("inner", "[reference('x').name]", "\"condition\": false,"), nestedParameters)
            )
            .contains("holds no network security group"))
        let copies = template(
            nested("inner", "[parameters('name')]", "\"copy\": { \"name\": \"c\", \"count\": 2 },")
                .replacing("parameters('name'), '-nsg'", with: "parameters('name'), copyIndex()"), nestedParameters)
        #expect(try GroupTexts.groups(copies).map(\.name) == ["outer0", "outer1"])
        let user = self.group(
            "user", "\"securityRules\": [ \(rule(["name": "\"[reference('net').outputs.names.value[1]]\""])) ]")
        let both = template(nested("inner", "[parameters('name')]") + ", " + user, nestedParameters)
        #expect(try GroupTexts.groups(both).first { $0.name == "user" }?.rules.map(\.name) == ["p8443"])
    }

    @Test("NSG-5 a nested deployment to another resource group has that group's name, and its own location")
    func nestedCloud() throws {
        var cloud = CloudFacts()
        cloud.resourceGroup = "here"
        cloud.location = "westeurope"
        let text = { (name: String) in
            template(self.nested("inner", name, "\"resourceGroup\": \"there\","), self.nestedParameters)
        }
        let name = "[concat(resourceGroup().name, '-', deployment().name)]"
        #expect(try GroupTexts.groups(text(name), cloud: cloud).map(\.name) == ["there-net"])
        #expect(
            GroupTexts.mistakes(text("[resourceGroup().location]"), cloud: cloud).contains(
                "cloud: { location: westeurope }"))
    }

    @Test(
        "NSG-5 a deployment whose template is stored elsewhere is reported, also if the groups are missing because of it"
    )
    func linked() throws {
        let link = """
            { "type": "Microsoft.Resources/deployments", "name": "rules", "condition": "[reference('x').y]",
              "properties": { "templateLink": { "uri": "[concat(parameters('_artifactsLocation'), 'a.json')]" } } }
            """
        let text = template(link + ", " + group("g", "\"securityRules\": []"))
        let read = try GroupFile.groups(Array(text.utf8), file: "nsg.json", book: GroupTexts.book)
        #expect(read.groups.map(\.name) == ["g"])
        #expect(
            read.notices == [
                "nsg.json: resources[0]: the template of the deployment \"rules\" is stored elsewhere and is not read: if it holds groups or rules, name its file too"
            ])
        #expect(
            GroupTexts.mistakes(template(link))
                .contains(
                    "holds no network security group (the template of the deployment \"rules\" is stored elsewhere): name the file of that template instead"
                ))
        // Deployments are named by the values of their name expressions, if these can be resolved.
        let variables = "\"variables\": { \"n\": \"web\" },"
        for (written, name) in [
            ("[concat(variables('n'), '-nsg')]", "web-nsg"), ("[reference('x').n]", "[reference('x').n]"),
        ] {
            let text = template(link.replacing("\"rules\"", with: "\"\(written)\""), variables)
            #expect(
                GroupTexts.mistakes(text).contains("the template of the deployment \"\(name)\" is stored elsewhere"))
        }
    }

    @Test("NSG-5 a name or a field whose expression has no value is reported as such")
    func nothing() {
        let parameters = "\"parameters\": { \"empty\": { \"type\": \"string\", \"defaultValue\": \"\" } },"
        #expect(
            GroupTexts.mistakes(template(group("[parameters('empty')]", ""), parameters))
                .contains(
                    "resources[0].name: \"[parameters('empty')]\" has no value: give a value to what it refers to"))
        for field in ["sourceAddressPrefix", "destinationPortRange", "access"] {
            let text = template(
                group("g", "\"securityRules\": [ \(rule([field: "\"[parameters('empty')]\""])) ]"), parameters)
            #expect(
                GroupTexts.mistakes(text).contains(
                    "properties.\(field): rule \"r\": \"[parameters('empty')]\" has no value"),
                "\(field): \(GroupTexts.mistakes(text))")
        }
    }

    @Test(
        "NSG-5 ports from a copy loop within a rule are not ignored, and values are not read as expressions")
    func values() throws {
        let copied = """
            { "name": "r", "properties": { "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
              "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "sourcePortRange": "*", "copy": [
                { "name": "destinationPortRanges", "count": 2, "input": "[string(add(80, copyIndex('destinationPortRanges')))]" } ] } }
            """
        let rules = try GroupTexts.groups(template(group("g", "\"securityRules\": [ \(copied) ]"))).first?.rules
        #expect(rules?.map(\.destinationPorts.items) == [["80", "81"]])
        let passed = """
            { "parameters": { "rules": { "value": [ \(rule(["description": "\"[no expression\"", "name": "\"a\""])), \(rule([
                "description": "\"[parameters('x')]\"", "name": "\"b\"", "priority": "101",
            ])) ] } } }
            """
        let text = template(
            group("g", "\"securityRules\": \"[parameters('rules')]\""),
            "\"parameters\": { \"rules\": { \"type\": \"array\" } },")
        #expect(try GroupTexts.groups(text, parameters: passed).first?.rules.map(\.name) == ["a", "b"])
    }
}

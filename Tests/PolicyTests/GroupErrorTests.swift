import Foundation
import Testing

@testable import Policy

@Suite("Network security groups: mistakes")
struct GroupErrorTests {
    @Test(
        "LOG-1 an id that is not a resource id, or would place a flow log file in another directory, is refused, with what to write instead",
        arguments: [
            (
                "\"/s/../networkSecurityGroups/web\"",
                "\"/s/../networkSecurityGroups/web\" is not its resource id: it has the part ..;"
            ),
            ("\"/s/./networkSecurityGroups/web\"", "it has the part .;"),
            ("\"/s//networkSecurityGroups/web\"", "it has an empty part;"),
            ("\"/s/networkSecurityGroups/web/\"", "it has an empty part;"),
            ("\"s/networkSecurityGroups/web\"", "it does not begin with /;"),
            ("\"\"", "it does not begin with /;"),
            ("\"/\"", "it has an empty part;"),
            ("\"/web\"", "it does not end with /networkSecurityGroups/web;"),
            ("\"/s/networkSecurityGroups/wed\"", "it does not end with /networkSecurityGroups/web;"),
            ("\"/s/networkSecurityGroups/web/securityRules/a\"", "it does not end with /networkSecurityGroups/web;"),
            ("\"/y=2018/networkSecurityGroups/web\"", "it has the character \"=\";"),
            ("\"/a b/networkSecurityGroups/web\"", "it has the character \" \";"),
            ("\"/a\\u0000/networkSecurityGroups/web\"", "it has the character \"\\0\";"),
            (
                "\"/\(String(repeating: "a", count: 256))/networkSecurityGroups/web\"",
                "it has a part of more than 255 bytes;"
            ),
            ("\"\(String(repeating: "/a", count: 600))/networkSecurityGroups/web\"", "it has more than 1024 bytes;"),
            ("7", "it does not begin with /;"),
            ("true", "is true, not its resource id:"),
            ("[]", "is a list, not its resource id:"),
        ])
    func resourceIdentifier(id: String, expected: String) {
        let mistakes = GroupTexts.mistakes("{ \"name\": \"web\",\n\"id\": \(id), \"securityRules\": [] }")
        #expect(mistakes.hasPrefix("nsg.json:2: id: group \"web\": ") && mistakes.contains(expected), "\(mistakes)")
        #expect(
            mistakes.hasSuffix(
                " write what `az network nsg show --query id` shows, /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Network/networkSecurityGroups/web, or remove the id: flow logs then make one of the group's name"
            ), "\(mistakes)")
    }

    @Test(
        "NSG-9 a mistake is refused with file, line, path, rule name and what to write instead",
        arguments: [
            (["priority": "99"], "priority: rule \"bad\": \"99\" is not a whole number from 100 to 4096"),
            (["priority": ""], "priority: rule \"bad\": is missing: write for example priority: 100"),
            (
                ["direction": "\"Sideways\""],
                "direction: rule \"bad\": \"Sideways\" is not known here: write Inbound or Outbound"
            ),
            (["access": "\"Maybe\""], "access: rule \"bad\": \"Maybe\" is not known here: write Allow or Deny"),
            (
                ["protocol": "\"Sctp\""],
                "protocol: rule \"bad\": \"Sctp\" is not known here: write \"*\", Tcp, Udp, Icmp, Esp or Ah"
            ),
            (
                ["sourceAddressPrefix": "\"10.1.2.3/16\""],
                "sourceAddressPrefix: rule \"bad\": \"10.1.2.3/16\" has bits beyond its prefix length: write 10.1.0.0/16, or 10.1.2.3/32"
            ),
            (
                ["sourceAddressPrefix": "\"10.1.2\""],
                "sourceAddressPrefix: rule \"bad\": \"10.1.2\" is not an address or prefix: write for example 10.1.0.0/16, 10.1.2.3 or 2001:db8::/32"
            ),
            (
                ["destinationAddressPrefix": ""],
                "destinationAddressPrefix: rule \"bad\": is missing: write for example destinationAddressPrefix: 10.1.0.0/16, or \"*\" for all"
            ),
            (
                ["destinationPortRange": "\"90-80\""],
                "destinationPortRange: rule \"bad\": \"90-80\" is reversed: write 80-90"
            ),
            (
                ["destinationPortRanges": "[\"80\", \"65536\"]"],
                "destinationPortRanges[1]: rule \"bad\": \"65536\" is not a port or port range: write for example 443, 8000-8099 or \"*\" (ports are 0 to 65535)"
            ),
            (
                ["protocol": "\"Icmp\"", "destinationPortRange": "\"80\""],
                "destinationPortRange: rule \"bad\": Icmp has no ports: write \"*\""
            ),
            (
                ["sourceAddressPrefix": "\"VirtualNetwrk\""],
                "sourceAddressPrefix: rule \"bad\": \"VirtualNetwrk\" is not an address, prefix or known service tag (did you mean VirtualNetwork?): name the file that holds the tag under serviceTags, or write prefixes"
            ),
            (
                ["sourceApplicationSecurityGroups": "[{ \"id\": \"/a/AsgWebb\" }]"],
                "sourceApplicationSecurityGroups[0]: rule \"bad\": the application security group \"AsgWebb\" has no members here (did you mean AsgWeb?): write them under applicationSecurityGroups, for example applicationSecurityGroups: { AsgWebb: [10.0.0.4] }"
            ),
            (["sourcePrefix": "\"*\""], "sourcePrefix: rule \"bad\": is not a field of a rule: remove it"),
            (["acess": "\"Allow\""], "acess: rule \"bad\": is not a field of a rule: did you mean access?"),
        ] as [([String: String], String)])
    func fields(changes: [String: String], message: String) {
        let text = GroupTexts.group(
            GroupTexts.rule("good"), GroupTexts.rule("bad", ["priority": "101"].merging(changes) { $1 }))
        #expect(GroupTexts.mistakes(text) == "nsg.json:3: securityRules[1].\(message)")
    }

    @Test("NSG-9 priority and direction given twice; the same priority in the other direction is fine")
    func priorities() {
        let twice = GroupTexts.group(GroupTexts.rule("a"), GroupTexts.rule("b"))
        #expect(
            GroupTexts.mistakes(twice)
                == "nsg.json:3: securityRules[1].priority: rule \"b\": 100 is the priority of the inbound rule \"a\" too: write another one, for example 101"
        )
        let other = GroupTexts.group(GroupTexts.rule("a"), GroupTexts.rule("b", ["direction": "\"Outbound\""]))
        #expect(GroupTexts.mistakes(other) == "")
    }

    @Test("NSG-9 names: given twice, missing, invalid")
    func names() {
        let twice = GroupTexts.group(GroupTexts.rule("a"), GroupTexts.rule("A", ["priority": "101"]))
        #expect(
            GroupTexts.mistakes(twice)
                == "nsg.json:3: securityRules[1].name: rule \"A\": is the name of securityRules[0] too: give each rule of a group its own"
        )
        #expect(
            GroupTexts.mistakes(GroupTexts.group(GroupTexts.rule("a/b"))).contains(
                "is not a rule name: write 1 to 80"))
        #expect(
            GroupTexts.mistakes(GroupTexts.group(GroupTexts.rule("", ["name": ""])))
                == "nsg.json:2: securityRules[0].name: is missing: write for example name: AllowWeb")
        #expect(GroupTexts.mistakes("{ \"securityRules\": [] }").contains("name: is missing: a group needs a name"))
    }

    @Test("NSG-9 over the limits: 1,001 rules, 4,001 prefixes a side")
    func limits() {
        let rules = (0..<1001).map { GroupTexts.rule("r\($0)", ["priority": "\(100 + $0)"]) }
        #expect(
            GroupTexts.mistakes(GroupTexts.group(rules.joined(separator: ",")))
                == "nsg.json:1: securityRules: 1001 rules are more than 1000: merge rules that differ only in addresses or ports"
        )
        let prefixes = (0..<4001).map { "\"10.0.\($0 / 256).\($0 % 256)\"" }.joined(separator: ",")
        let wide = GroupTexts.rule("r", ["sourceAddressPrefix": "", "sourceAddressPrefixes": "[\(prefixes)]"])
        #expect(
            GroupTexts.mistakes(GroupTexts.group(wide))
                == "nsg.json:1: securityRules: group \"g\": 4001 different source prefixes in total are more than 4000: write fewer, larger ones"
        )
    }

    @Test(
        "NSG-9 documents that are not groups",
        arguments: [
            ("", "nsg.json:1: is not JSON: it is empty"),
            ("{ \"a\": 1\n \"b\": 2 }", "nsg.json:2: is not JSON: it needs a comma or } here, but has \"\"\""),
            ("{ \"name\": \"x\n", "nsg.json:1: is not JSON: it has a string without end that begins here"),
            ("[\n1]", "nsg.json:2: [0]: is 1, but must be a network security group"),
            (
                "{\"name\": \"vm\", \"type\": \"Microsoft.Compute/virtualMachines\"}",
                "nsg.json:1: type: is \"Microsoft.Compute/virtualMachines\", not a network security group: remove it"
            ),
            (
                "{\"name\": \"vm\"}",
                "nsg.json:1: securityRules: is missing: is this a network security group? Write securityRules: [] for one without rules"
            ),
        ])
    func noGroup(text: String, message: String) {
        #expect(GroupTexts.mistakes(text) == message)
    }

    @Test("NSG-9 a change of a file during the read is detected, whether it is written in place or replaced")
    func changing() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("nsg-\(getpid())-changing.json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ text: String, atomically: Bool) {
            try? text.write(toFile: path, atomically: atomically, encoding: .utf8)
        }
        for atomically in [false, true] {
            write("{ }", atomically: false)
            let steady = try SteadyFile.read(path: path, limit: 100)
            #expect(steady == Array("{ }".utf8))
            do throws(ConfigurationErrors) {
                _ = try SteadyFile.read(path: path, limit: 100) { write("{ \"more\": 1 }", atomically: atomically) }
                Issue.record("read")
            } catch {
                #expect(
                    error.description
                        == "\(path): was changed while it was read: wait until it is written, and try again")
            }
        }
        #expect(throws: ConfigurationErrors.self) { try SteadyFile.read(path: path, limit: 1) }
        #expect(throws: ConfigurationErrors.self) { try SteadyFile.read(path: path + "-nowhere", limit: 1) }
        #expect(throws: ConfigurationErrors.self) { try SteadyFile.read(path: "/tmp", limit: 1 << 20) }
    }
}

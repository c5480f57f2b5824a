import FlowLayout
import Testing

@testable import Policy

@Suite("Network security groups: shapes")
struct GroupReadingTests {
    @Test("NSG-5 reads what `az network nsg show` writes: flat fields, singular beside empty plural, any case")
    func shown() throws {
        let groups = try GroupTexts.groups(
            """
            {
              "defaultSecurityRules": [ { "name": "AllowVnetInBound", "priority": 65000 } ],
              "etag": "W/\\"1\\"",
              "flushConnection": true,
              "id": "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/web-nsg",
              "location": "westeurope",
              "name": "web-nsg",
              "securityRules": [
                {
                  "access": "Allow", "description": null, "direction": "Inbound", "etag": "x", "name": "Https",
                  "destinationAddressPrefix": "VirtualNetwork", "destinationAddressPrefixes": [],
                  "destinationPortRange": "443", "destinationPortRanges": [], "priority": 110, "protocol": "TCP",
                  "provisioningState": "Succeeded", "resourceGroup": "rg", "sourceAddressPrefix": "internet",
                  "sourceAddressPrefixes": [], "sourcePortRange": "*", "sourcePortRanges": [],
                  "type": "Microsoft.Network/networkSecurityGroups/securityRules"
                },
                {
                  "access": "Deny", "direction": "outbound", "name": "Many", "priority": 4096, "protocol": "*",
                  "destinationAddressPrefix": "", "destinationAddressPrefixes": ["10.1.0.0/16", "2001:db8::/32"],
                  "destinationPortRange": null, "destinationPortRanges": ["22", "8000-8099"],
                  "sourceAddressPrefix": "10.0.0.4, 10.0.0.5", "sourcePortRange": "0-65535"
                }
              ],
              "subnets": null, "type": "Microsoft.Network/networkSecurityGroups"
            }
            """)
        let group = try #require(groups.first)
        #expect(groups.count == 1 && group.name == "web-nsg" && group.flushConnection)
        #expect(group.resourceIdentifier.hasSuffix("/networkSecurityGroups/web-nsg"))
        let https = try #require(group.rules.first)
        #expect(https.ipProtocol == .tcp && https.source.tags == ["Internet"])
        #expect(https.destination.tags == ["VirtualNetwork"] && https.destinationPorts.items == ["443"])
        #expect(https.sourcePorts == .any && https.priority == 110 && https.direction == .inbound)
        let many = try #require(group.rules.last)
        #expect(many.direction == .outbound && many.access == .deny && many.ipProtocol == .any)
        #expect(many.source.items == ["10.0.0.4", "10.0.0.5"] && many.destination.prefixes.count == 2)
        #expect(many.destinationPorts.items == ["22", "8000-8099"])
    }

    @Test("NSG-5 reads lists, and REST answers with properties and application security groups by id")
    func listed() throws {
        let group = """
            { "name": "NAME", "properties": { "securityRules": [ { "name": "db", "id": "/x", "properties": {
              "protocol": "Esp", "sourcePortRange": "*", "destinationPortRange": "*", "access": "Allow",
              "sourceApplicationSecurityGroups": [ { "id": "/subscriptions/0/applicationSecurityGroups/asglogic" } ],
              "destinationApplicationSecurityGroups": [ { "id": "/x/AsgDb", "resourceGroup": "rg" } ],
              "priority": 100, "direction": "Inbound" } } ], "defaultSecurityRules": [] } }
            """
        let one = group.replacing("NAME", with: "one")
        let two = group.replacing("NAME", with: "two")
        for text in ["[\(one), \(two)]", "{ \"value\": [\(one), \(two)] }"] {
            let groups = try GroupTexts.groups(text)
            #expect(groups.map(\.name) == ["one", "two"])
            #expect(groups[0].rules[0].ipProtocol == .esp)
            #expect(groups[0].rules[0].source.applicationSecurityGroups == ["AsgLogic"])
            #expect(groups[0].rules[0].destination.applicationSecurityGroups == ["AsgDb"])
        }
    }

    @Test(
        "LOG-1 a group keeps the resource id that was exported with it; our own groups and templates have none")
    func resourceIdentifier() throws {
        let id = "/subscriptions/0-1/resourceGroups/rg_1.(prod)/providers/Microsoft.Network/networksecuritygroups/WEB"
        let text = "{ \"name\": \"web\", \"id\": ID, \"securityRules\": [] }"
        #expect(try GroupTexts.groups(text.replacing("ID", with: "\"\(id)\"")).map(\.resourceIdentifier) == [id])
        #expect(try GroupTexts.groups(text.replacing("ID", with: "null")).map(\.resourceIdentifier) == [""])
        #expect(try GroupTexts.groups(text.replacing("\"id\": ID,", with: "")).map(\.resourceIdentifier) == [""])
        let template = """
            { "resources": [ { "type": "Microsoft.Network/networkSecurityGroups", "name": "web", "id": "../x",
              "properties": { "securityRules": [] } } ] }
            """
        #expect(try GroupTexts.groups(template).map(\.resourceIdentifier) == [""])
    }

    @Test("NSG-5 reads our own YAML, with shorter names besides the cloud's")
    func own() throws {
        let groups = try GroupTexts.groups(
            """
            - name: spoke-a
              rules:
                - { name: web, priority: 100, direction: Inbound, access: Allow, protocol: Tcp, source: Internet,
                    destination: [10.1.0.0/16], destinationPorts: [443, 8000-8099] }
                - name: ah
                  priority: 200
                  direction: Outbound
                  access: Deny
                  protocol: Ah
                  sourceAddressPrefix: "*"
                  destinationApplicationSecurityGroups: [AsgDb]
            """)
        #expect(groups.map(\.name) == ["spoke-a"])
        #expect(groups[0].rules[0].destinationPorts.items == ["443", "8000-8099"])
        #expect(groups[0].rules[1].ipProtocol == .ah && groups[0].rules[1].source.isAny)
    }

    @Test("NSG-2 every group ends with the six default rules, which are marked as defaults")
    func defaults() {
        let group = NetworkSecurityGroup(name: "g")
        let inbound = group.rules(.inbound)
        #expect(inbound.map(\.name) == ["AllowVnetInBound", "AllowAzureLoadBalancerInBound", "DenyAllInBound"])
        #expect(inbound.map(\.priority) == [65000, 65001, 65500])
        let outbound = group.rules(.outbound)
        #expect(outbound.map(\.name) == ["AllowVnetOutBound", "AllowInternetOutBound", "DenyAllOutBound"])
        let areDefaults = (inbound + outbound).map(\.isDefault)
        #expect(!areDefaults.contains(false))
        #expect(group.qualifiedName(of: inbound[2]) == "g/defaultSecurityRules/DenyAllInBound")
    }

    @Test("NSG-1 the built-in tags: Internet is the public addresses outside, as effective rules expand it")
    func builtInTags() throws {
        let book = GroupTexts.book
        let internet = try #require(book.tag("INTERNET")).prefixes.map(\.description)
        #expect(internet.prefix(6) == ["1.0.0.0/8", "2.0.0.0/7", "4.0.0.0/6", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6"])
        func holds(_ tag: String, _ address: String) -> Bool {
            guard let address = NetworkAddress(address) else { return false }
            return book.addresses(of: .tag(tag)).contains(address)
        }
        for address in ["8.8.8.8", "20.1.2.3", "2001:db8::1"] {
            #expect(holds("Internet", address) && !holds("VirtualNetwork", address))
        }
        for address in ["10.9.9.9", "168.63.129.16", "fd00::1"] {
            #expect(!holds("Internet", address) && holds("VirtualNetwork", address))
        }
        #expect(holds("AzureLoadBalancer", "168.63.129.16") && !holds("AzureLoadBalancer", "8.8.8.8"))
        #expect(!holds("Internet", "127.0.0.1") && !holds("Internet", "224.0.0.1") && !holds("Internet", "169.254.1.1"))
    }

    @Test("NSG-1 a complement and its prefixes share no address and leave none out")
    func complement() throws {
        var random = RandomPolicies(seed: SeededGenerator.seedOfThisRun("complement"))
        for _ in 0..<100 {
            let configuration = random.configuration()
            let subject = RandomPolicies.Subject(configuration)
            let complement = AddressPrefix.complement(of: configuration.internalPrefixes)
            for _ in 0..<50 {
                let question = random.question(for: subject)
                let family = try #require(AddressFamily(rawValue: question.family))
                let address = NetworkAddress(family: family, layout: question.source)
                let isInside = AddressMatch.prefixes(complement).contains(address)
                #expect(isInside != configuration.isInternal(address), "\(address)")
            }
        }
    }

    @Test("NSG-1 a file in the published format adds tags, including regional ones")
    func serviceTags() throws {
        let text = """
            { "changeNumber": 1, "cloud": "Public", "values": [
              { "name": "Storage.WestUS", "id": "Storage.WestUS", "properties": { "changeNumber": 3, "region": "westus",
                "addressPrefixes": [ "13.64.128.0/20", "2603:1030::/48" ] } } ] }
            """
        var book = GroupTexts.book
        for tag in try GroupFile.serviceTags(Array(text.utf8), file: "tags.json") {
            book.add(tag: tag.name, tag.prefixes)
        }
        let rule = GroupTexts.rule("r", ["sourceAddressPrefix": "\"storage.westus\""])
        let groups = try GroupFile.groups(Array(GroupTexts.group(rule).utf8), file: "nsg.json", book: book).groups
        #expect(groups[0].rules[0].source.tags == ["Storage.WestUS"])
        let rules = groups[0].effectiveRules(.inbound, in: book)
        #expect(rules[0].source.items == ["13.64.128.0/20", "2603:1030::/48"])
        #expect(throws: ConfigurationErrors.self) { try GroupFile.serviceTags(Array("{}".utf8), file: "tags.json") }
    }

    @Test("BAD-1 a file of 50 MB is read, or refused with the reason")
    func largeFile() throws {
        let rules = (0..<1000).map { index in
            let many = (0..<4).map { "\"10.\(index / 250).\(index % 250).\($0)\"" }.joined(separator: ", ")
            return GroupTexts.rule(
                "rule-\(index)",
                ["priority": "\(100 + index)", "sourceAddressPrefix": "", "sourceAddressPrefixes": "[\(many)]"])
        }
        let group = GroupTexts.group(rules.joined(separator: ",\n"))
        // Blank lines, as from pretty printing, up to 50 MB.
        var bytes = Array(group.utf8)
        bytes += [UInt8](repeating: 0x0A, count: 50_000_000 - bytes.count)
        let groups = try GroupFile.groups(bytes, file: "large.json", book: GroupTexts.book).groups
        #expect(groups[0].rules.count == 1000 && Set(groups[0].rules.flatMap(\.source.prefixes)).count == 4000)
        bytes += [UInt8(ascii: "x")]
        do throws(ConfigurationErrors) {
            _ = try GroupFile.groups(bytes, file: "large.json", book: GroupTexts.book)
            Issue.record("read")
        } catch {
            #expect(error.description.hasSuffix("is not JSON: it goes on after its end with \"x\""))
        }
        bytes += [UInt8](repeating: 0x0A, count: 20_000_000)
        #expect(throws: ConfigurationErrors.self) {
            try GroupFile.groups(bytes, file: "large.json", book: GroupTexts.book)
        }
    }

    @Test("BAD-1 no text crashes the reader: 3,000 broken ones")
    func brokenTexts() {
        let seed = SeededGenerator.seedOfThisRun("brokenTexts")
        var generator = SeededGenerator(seed: seed)
        let whole = Array(GroupTexts.group(GroupTexts.rule("a\\u0041\\uD83D\\uDE00"), GroupTexts.rule("b")).utf8)
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.removeLast(bytes.count - place)
                }
            }
            _ = try? GroupFile.groups(bytes, file: "nsg.json", book: GroupTexts.book)
        }
        #expect(GroupTexts.mistakes(String(repeating: "[", count: 100_000)).contains("nested more than 100 deep"))
    }
}

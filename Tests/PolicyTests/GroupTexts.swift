@testable import Policy

/// Group files as texts, and the results of reading them.
enum GroupTexts {
    static var book: AddressBook {
        var book = AddressBook(internalPrefixes: Configuration.defaultInternalPrefixes)
        for (name, address) in [("AsgWeb", "10.0.0.4/32"), ("AsgLogic", "10.0.0.5/32"), ("AsgDb", "10.0.0.6/32")] {
            if let prefix = try? AddressPrefix(parsing: address) { book.add(applicationSecurityGroup: name, [prefix]) }
        }
        return book
    }

    static func groups(
        _ text: String, parameters: String? = nil, cloud: CloudFacts = CloudFacts()
    ) throws -> [NetworkSecurityGroup] {
        try GroupFile.groups(
            Array(text.utf8), file: "nsg.json", parameters: parameters.map { ("parameters.json", Array($0.utf8)) },
            book: book, cloud: cloud
        ).groups
    }

    /// All mistakes of a text, one on each line; empty if there is none.
    static func mistakes(
        _ text: String, parameters: String? = nil, cloud: CloudFacts = CloudFacts()
    ) -> String {
        do throws(ConfigurationErrors) {
            _ = try GroupFile.groups(
                Array(text.utf8), file: "nsg.json",
                parameters: parameters.map { ("parameters.json", Array($0.utf8)) }, book: book, cloud: cloud)
            return ""
        } catch {
            return error.description
        }
    }

    /// A group with rules, flat, as `az` prints it.
    static func group(_ rules: String...) -> String {
        "{ \"name\": \"g\", \"securityRules\": [\n\(rules.joined(separator: ",\n"))\n] }"
    }

    /// A valid rule, except for the fields that are passed.
    static func rule(_ name: String = "r", _ changes: [String: String] = [:]) -> String {
        var fields = [
            "name": "\"\(name)\"", "priority": "100", "direction": "\"Inbound\"", "access": "\"Allow\"",
            "protocol": "\"Tcp\"", "sourceAddressPrefix": "\"*\"", "destinationAddressPrefix": "\"*\"",
        ]
        for (key, value) in changes { fields[key] = value.isEmpty ? nil : value }
        let texts = fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        return "{ \(texts.joined(separator: ", ")) }"
    }
}

/// The JSON Schema of `sluice.yaml` (draft 2020-12), for editors, generated from ``ConfigurationReference``.
///
/// It accepts everything that the reader accepts. Some checks can't be expressed in a schema (ranges of durations,
/// names that must differ, what a profile fixes); `sluice config check` does them. Two keywords are our own, for the
/// manual page: `x-value` and `x-default` are the words of the reference.
package enum ConfigurationSchema {
    package static var text: String { document.written() + "\n" }

    static var document: SchemaValue {
        .object([
            .init("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
            .init("title", .text("sluice.yaml")),
            .init(
                "description",
                .text(
                    "The configuration of a Sluice gateway. 'sluice config check FILE' also checks what a schema can't express."
                )),
        ]).with(mapping(.top)).with([.init("$defs", .object(definitions))])
    }

    // MARK: Mappings

    /// The members that describe a mapping of the file.
    private static func mapping(_ place: ConfigurationReference.Place) -> [SchemaValue.Member] {
        let keys = ConfigurationReference.keys.filter { $0.place == place }
        let required = keys.filter { $0.usual == "required" }.map(\.name)
        return [
            .init("type", .text("object")), .init("additionalProperties", .boolean(false)),
            .init("properties", .object(keys.map { .init($0.name, property($0)) })),
        ] + (required.isEmpty ? [] : [.init("required", .texts(required))])
    }

    private static func property(_ key: ConfigurationReference.Key) -> SchemaValue {
        var members: [SchemaValue.Member] = [
            .init("description", .text(key.meaning)), .init("x-value", .text(key.value)),
        ]
        if !key.usual.isEmpty { members.append(.init("x-default", .text(key.usual))) }
        guard let shape = shape(of: key) else {
            preconditionFailure("the schema has no shape for '\(key.value)' of \(key.place.rawValue).\(key.name)")
        }
        return .object(members).with(shape)
    }

    /// The mapping under a key; nil if the key has a plain value.
    private static func place(_ path: String) -> ConfigurationReference.Place? {
        ConfigurationReference.Place(rawValue: path)
    }

    private static func path(of key: ConfigurationReference.Key) -> String {
        key.place == .top ? key.name : "\(key.place.rawValue).\(key.name)"
    }

    // MARK: Values

    /// The schema for the words that the reference uses for a value; nil if the words are new and must be added here.
    static func shape(of key: ConfigurationReference.Key) -> [SchemaValue.Member]? {
        let path = path(of: key)
        if let place = place(path) { return mapping(place) }
        if let place = place(path + "[]") { return list(of: .object(mapping(place)), limits(of: place)) }
        if let shape = lists[key.value] { return shape }
        if let name = scalars[key.value] { return reference(name) }
        if key.value.hasPrefix("duration") { return reference("duration") }
        if let range = range(key.value) { return numbers(range, isWhole: key.name != "timeScale") }
        let words = key.value.split(separator: ", ").map { $0.filter { $0 != "\"" } }
        return words.count > 1 ? choice(words) : nil
    }

    private static func limits(of place: ConfigurationReference.Place) -> [SchemaValue.Member] {
        switch place {
        case .zone: [.init("minItems", .number(1)), .init("maxItems", .number(ConfigurationLimits.zones))]
        case .rule: [.init("maxItems", .number(ConfigurationLimits.rules))]
        case .hostRule: [.init("maxItems", .number(ConfigurationLimits.hostRules))]
        default: []
        }
    }

    private static func list(of item: SchemaValue, _ limits: [SchemaValue.Member] = []) -> [SchemaValue.Member] {
        [.init("type", .text("array")), .init("items", item)] + limits
    }

    private static func reference(_ name: String) -> [SchemaValue.Member] { [.init("$ref", .text("#/$defs/\(name)"))] }

    /// An ECMA 262 pattern that must match the whole text.
    private static func pattern(_ text: String) -> SchemaValue {
        .object([.init("type", .text("string")), .init("pattern", .text("^(?:\(text))$"))])
    }

    private static func anyOf(_ schemas: [SchemaValue]) -> [SchemaValue.Member] { [.init("anyOf", .list(schemas))] }

    private static func oneOrMany(_ item: [SchemaValue.Member]) -> [SchemaValue.Member] {
        anyOf([.object(item), .object(list(of: .object(item), [.init("minItems", .number(1))]))])
    }

    /// One of several words. Editors offer them in this spelling; the reader ignores case.
    private static func choice(_ words: [String]) -> [SchemaValue.Member] {
        let insensitive = words.map { word in
            word.map { character in
                let (upper, lower) = (character.uppercased(), character.lowercased())
                if upper != lower { return "[\(upper)\(lower)]" }
                return character == "*" ? "[*]" : "\(character)"
            }.joined()
        }
        return anyOf([.object([.init("enum", .texts(words))]), pattern(insensitive.joined(separator: "|"))])
    }

    /// `2 to 50`.
    private static func range(_ text: String) -> ClosedRange<Int>? {
        let parts = text.split(separator: " ")
        guard parts.count == 3, parts[1] == "to", let lower = Int(parts[0]), let upper = Int(parts[2]), lower <= upper
        else { return nil }
        return lower...upper
    }

    /// A number, or its digits in quotes.
    private static func numbers(_ range: ClosedRange<Int>, isWhole: Bool) -> [SchemaValue.Member] {
        anyOf([
            .object([
                .init("type", .text(isWhole ? "integer" : "number")), .init("minimum", .number(range.lowerBound)),
                .init("maximum", .number(range.upperBound)),
            ]),
            pattern(isWhole ? "[0-9]+" : "[0-9]+([.][0-9]+)?"),
        ])
    }

    /// The schema definition for each kind of value.
    private static let scalars = [
        "name": "name", "region": "name", "text": "name", "UUID": "name", "IANA name": "timeZone",
        "absolute path": "absolutePath", "address:port": "endpoint", "bits a second: 800Mbps": "bitRate",
        "bytes: 500MB, 10GB": "byteSize", "time of day: \"22:00\"": "timeOfDay", "true, false": "boolean",
    ]

    private static let lists: [String: [SchemaValue.Member]] = [
        "list": list(of: .object(reference("interface")), [.init("minItems", .number(1))]),
        "list of files": list(of: .object(reference("name"))),
        "list of files, groups": list(of: .object(reference("group"))),
        "list of prefixes": list(
            of: .object(reference("prefix")), [.init("maxItems", .number(ConfigurationLimits.internalPrefixes))]),
        "list of nsg-v2, vnet-v4": oneOrMany(choice(["nsg-v2", "vnet-v4"])),
        "mapping of names to addresses": [
            .init("type", .text("object")),
            .init(
                "additionalProperties",
                .object(anyOf([.object(reference("prefix")), .object(list(of: .object(reference("prefix"))))]))),
        ],
        "prefix, address, list of them, \"*\"": oneOrMany(reference("address")),
        "port, range, list of them, \"*\"": oneOrMany(reference("ports")),
    ]

    private static var definitions: [SchemaValue.Member] {
        [
            // A word that YAML reads as a number or a boolean is still a name.
            .init("name", .object([.init("type", .texts(["string", "number", "boolean"]))])),
            .init("boolean", .object([.init("type", .text("boolean"))])),
            .init(
                "duration",
                pattern("(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?").with([
                    .init("examples", .texts(["90s", "4m", "1m30s", "2h", "7d"]))
                ])),
            .init("interface", pattern("(?![.]{1,2}$)[^ /:\\u0000-\\u001f\\u007f]{1,15}")),
            .init(
                "prefix",
                pattern("[0-9]{1,3}([.][0-9]{1,3}){3}(/[0-9]{1,2})?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/[0-9]{1,3})?")),
            .init("address", .object(anyOf([.object([.init("const", .text("*"))]), .object(reference("prefix"))]))),
            .init(
                "ports",
                .object(
                    anyOf([
                        .object([
                            .init("type", .text("integer")), .init("minimum", .number(0)),
                            .init("maximum", .number(65535)),
                        ]),
                        pattern(" *[0-9]{1,5} *(- *[0-9]{1,5} *)?|[*]"),
                    ]))),
            .init("absolutePath", pattern("/.*[^/].*")),
            .init("endpoint", pattern("([0-9]{1,3}([.][0-9]{1,3}){3}|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}")),
            .init("bitRate", pattern("[0-9]*[.]?[0-9]*([KkMmGgTt])?[Bb][Pp][Ss]")),
            .init(
                "byteSize",
                .object(
                    anyOf([
                        .object([.init("type", .text("integer")), .init("minimum", .number(1_000_000))]),
                        pattern("[0-9]+([KkMmGgTt][Ii]?)?[Bb]?"),
                    ]))),
            .init("timeOfDay", pattern("[0-9]{1,2}:[0-9]{2}")),
            .init("timeZone", pattern("[A-Za-z0-9_+/-]+")),
            .init(
                "group",
                .object(
                    anyOf([
                        .object(reference("name")),
                        .object([
                            .init("type", .text("object")), .init("required", .texts(["file"])),
                            .init("additionalProperties", .boolean(false)),
                            .init(
                                "properties",
                                .object([
                                    .init("file", .object(reference("name"))),
                                    .init("parameters", .object(reference("name"))),
                                    .init("cloud", .object(mapping(.cloud))),
                                ])),
                        ]),
                        // A group written in place, in the format of the cloud's exports.
                        .object([
                            .init("type", .text("object")),
                            .init("not", .object([.init("required", .texts(["file"]))])),
                        ]),
                    ]))),
        ]
    }
}

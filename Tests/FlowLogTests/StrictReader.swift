import Foundation

/// Reads flow logs according to the published documents only (azure-facts, 5a and 5b), and rejects everything else.
/// Shares no code with the writer and reader of Sluice.
enum StrictReader {
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    struct Tuple: Equatable {
        var rule: String
        var fields: [String]
    }

    static func read(_ bytes: Data) throws -> [Tuple] {
        guard let top = try JSONSerialization.jsonObject(with: bytes) as? [String: Any], Set(top.keys) == ["records"],
            let records = top["records"] as? [[String: Any]]
        else { throw Mistake(description: "no object with records and nothing else") }
        return try records.flatMap(read)
    }

    private static func read(_ record: [String: Any]) throws -> [Tuple] {
        switch record["category"] as? String {
        case "NetworkSecurityGroupFlowEvent": return try readVersion2(record)
        case "FlowLogFlowEvent": return try readVersion4(record)
        default: throw Mistake(description: "category \(record["category"] ?? "missing")")
        }
    }

    private static func readVersion2(_ record: [String: Any]) throws -> [Tuple] {
        try expectKeys(
            record, ["time", "systemId", "macAddress", "category", "resourceId", "operationName", "properties"])
        try expect(record["operationName"] as? String == "NetworkSecurityGroupFlowEvents", "operationName")
        let resource = try text(record, "resourceId")
        try expect(resource == resource.uppercased(), "resourceId in upper case")
        try expect(
            matches(
                resource,
                #"^/SUBSCRIPTIONS/[^/]+/RESOURCEGROUPS/[^/]+/PROVIDERS/MICROSOFT\.NETWORK/NETWORKSECURITYGROUPS/[^/]+$"#
            ), "resourceId")
        try expectCommon(record, identifier: "systemId")
        let properties = try object(record, "properties")
        try expectKeys(properties, ["Version", "flows"])
        try expect(properties["Version"] as? Int == 2, "Version")
        return try objects(properties, "flows").flatMap { rule in
            try expectKeys(rule, ["rule", "flows"])
            let name = try ruleName(rule)
            return try objects(rule, "flows").flatMap { flow in
                try expectKeys(flow, ["mac", "flowTuples"])
                try expect(try text(flow, "mac") == (try text(record, "macAddress")), "mac")
                return try tuples(flow).map { tuple in
                    try expect(
                        matches(
                            tuple,
                            #"^\d{10},[0-9a-f.:]+,[0-9a-f.:]+,\d{1,5},\d{1,5},[TU],[IO],(A,B,,,,|D,B,,,,|A,[CE],\d+,\d+,\d+,\d+)$"#
                        ),
                        "tuple \(tuple)")
                    return Tuple(rule: name, fields: tuple.components(separatedBy: ","))
                }
            }
        }
    }

    private static func readVersion4(_ record: [String: Any]) throws -> [Tuple] {
        try expectKeys(
            record,
            [
                "time", "flowLogVersion", "flowLogGUID", "macAddress", "category", "flowLogResourceID",
                "targetResourceID", "operationName", "flowRecords",
            ])
        try expect(record["operationName"] as? String == "FlowLogFlowEvent", "operationName")
        try expect(record["flowLogVersion"] as? Int == 4, "flowLogVersion")
        try expectCommon(record, identifier: "flowLogGUID")
        let resource = try text(record, "flowLogResourceID")
        try expect(
            matches(
                resource,
                #"^/SUBSCRIPTIONS/[^/]+/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT\.NETWORK/NETWORKWATCHERS/NETWORKWATCHER_[^/]+/FLOWLOGS/[^/]+$"#
            ), "flowLogResourceID")
        let flowRecords = try object(record, "flowRecords")
        try expectKeys(flowRecords, ["flows"])
        return try objects(flowRecords, "flows").flatMap { flow in
            try expectKeys(flow, ["aclID", "flowGroups"])
            try expect(matches(try text(flow, "aclID"), uuid), "aclID")
            return try objects(flow, "flowGroups").flatMap { group in
                try expectKeys(group, ["rule", "flowTuples"])
                let name = try ruleName(group)
                return try tuples(group).map { tuple in
                    try expect(
                        matches(
                            tuple,
                            #"^\d{13},[0-9a-f.:]+,[0-9a-f.:]+,\d{1,5},\d{1,5},\d{1,3},[IO],([BD],NX,0,0,0,0|[CE],NX,\d+,\d+,\d+,\d+)$"#
                        ),
                        "tuple \(tuple)")
                    return Tuple(rule: name, fields: tuple.components(separatedBy: ","))
                }
            }
        }
    }

    private static let uuid = #"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"#

    private static func expectCommon(_ record: [String: Any], identifier: String) throws {
        try expect(matches(try text(record, "time"), #"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$"#), "time")
        try expect(matches(try text(record, identifier), uuid), identifier)
        try expect(matches(try text(record, "macAddress"), "^[0-9A-F]{12}$"), "macAddress")
    }

    private static func ruleName(_ object: [String: Any]) throws -> String {
        let name = try text(object, "rule")
        try expect(name.hasPrefix("UserRule_") || name.hasPrefix("DefaultRule_"), "rule \(name)")
        return name
    }

    private static func tuples(_ object: [String: Any]) throws -> [String] {
        guard let tuples = object["flowTuples"] as? [String], !tuples.isEmpty else {
            throw Mistake(description: "flowTuples")
        }
        return tuples
    }

    private static func text(_ object: [String: Any], _ key: String) throws -> String {
        guard let text = object[key] as? String else { throw Mistake(description: key) }
        return text
    }

    private static func object(_ object: [String: Any], _ key: String) throws -> [String: Any] {
        guard let value = object[key] as? [String: Any] else { throw Mistake(description: key) }
        return value
    }

    private static func objects(_ object: [String: Any], _ key: String) throws -> [[String: Any]] {
        guard let value = object[key] as? [[String: Any]], !value.isEmpty else { throw Mistake(description: key) }
        return value
    }

    private static func expectKeys(_ object: [String: Any], _ keys: Set<String>) throws {
        try expect(Set(object.keys) == keys, "members \(object.keys.sorted()) instead of \(keys.sorted())")
    }

    private static func expect(_ holds: @autoclosure () throws -> Bool, _ what: String) throws {
        if try !holds() { throw Mistake(description: what) }
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        text.range(of: pattern, options: .regularExpression) != nil
    }
}

/// The JSON of records on one line, with members in the documented order.
package enum FlowRecordText {
    /// A version 2 record of a network security group's flow log.
    ///
    /// - Parameters:
    ///   - time: the time of the record, nanoseconds since 1970.
    ///   - group: entries of TCP and UDP flows that rules of `name` decided.
    package static func version2(
        time: UInt64, names: ResourceNames, group name: String, _ group: RecordGroup
    ) -> [UInt8] {
        var text = RecordBytes()
        text.raw("{\"time\":")
        text.quoted(WallTime(nanoseconds: time).text)
        text.raw(",\"systemId\":")
        text.quoted(names.systemIdentifier)
        text.raw(",\"macAddress\":")
        text.quoted(group.macAddress)
        text.raw(",\"category\":\"NetworkSecurityGroupFlowEvent\",\"resourceId\":")
        text.quoted(names.groupResource(name))
        text.raw(",\"operationName\":\"NetworkSecurityGroupFlowEvents\",\"properties\":{\"Version\":2,\"flows\":[")
        for (index, rule) in group.rules.enumerated() {
            text.raw(index == 0 ? "{\"rule\":" : ",{\"rule\":")
            text.quoted(rule.label.text)
            text.raw(",\"flows\":[{\"mac\":")
            text.quoted(group.macAddress)
            text.raw(",\"flowTuples\":[")
            write(rule.entries, to: &text, FlowTupleText.writeVersion2)
            text.raw("]}]}")
        }
        text.raw("]}}")
        return text.bytes
    }

    /// A version 4 record of a virtual network's flow log.
    package static func version4(time: UInt64, names: ResourceNames, _ group: RecordGroup) -> [UInt8] {
        var text = RecordBytes()
        text.raw("{\"time\":")
        text.quoted(WallTime(nanoseconds: time).text)
        text.raw(",\"flowLogVersion\":4,\"flowLogGUID\":")
        text.quoted(names.systemIdentifier)
        text.raw(",\"macAddress\":")
        text.quoted(group.macAddress)
        text.raw(",\"category\":\"FlowLogFlowEvent\",\"flowLogResourceID\":")
        text.quoted(names.flowLogResource)
        text.raw(",\"targetResourceID\":")
        text.quoted(names.targetResource)
        text.raw(",\"operationName\":\"FlowLogFlowEvent\",\"flowRecords\":{\"flows\":[")
        for (index, list) in byList(group).enumerated() {
            text.raw(index == 0 ? "{\"aclID\":" : ",{\"aclID\":")
            text.quoted(names.groupIdentifier(list.name))
            text.raw(",\"flowGroups\":[")
            for (index, rule) in list.rules.enumerated() {
                text.raw(index == 0 ? "{\"rule\":" : ",{\"rule\":")
                text.quoted(rule.label.text)
                text.raw(",\"flowTuples\":[")
                write(rule.entries, to: &text, FlowTupleText.writeVersion4)
                text.raw("]}")
            }
            text.raw("]}")
        }
        text.raw("]}}")
        return text.bytes
    }

    private static func write(
        _ entries: [FlowEntry], to text: inout RecordBytes, _ tuple: (FlowEntry, inout RecordBytes) -> Void
    ) {
        for (index, entry) in entries.enumerated() {
            text.raw(index == 0 ? "\"" : ",\"")
            tuple(entry, &text)
            text.raw("\"")
        }
    }

    /// The rules by group, in the order of each group's first rule.
    private static func byList(_ group: RecordGroup) -> [(name: String, rules: [RecordGroup.Rule])] {
        var lists: [(name: String, rules: [RecordGroup.Rule])] = []
        for rule in group.rules {
            if let place = lists.firstIndex(where: { $0.name == rule.label.group }) {
                lists[place].rules.append(rule)
            } else {
                lists.append((rule.label.group, [rule]))
            }
        }
        return lists
    }
}

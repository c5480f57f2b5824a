package import FoundationEssentials

/// A file of either format, in ours or anybody's layout of white space.
package struct FlowLogDocument: Sendable {
    /// A tuple with what its record says of it.
    package struct Item: Equatable, Sendable {
        package var format: Int
        package var macAddress: String
        package var rule: String
        package var tuple: FlowTuple
    }

    package var items: [Item] = []
    /// Records and tuples that are in no documented form.
    package var unreadable = 0

    /// Reads a file's content. Never fails: what is torn or foreign is counted.
    package init(_ data: Data) {
        if let document = try? JSONDecoder().decode(Document.self, from: data) {
            for record in document.records { add(record) }
            return
        }
        // Torn by a crash, or being written: the whole lines of our own layout.
        for line in data.split(separator: UInt8(ascii: "\n")) {
            var piece = Array(line)[...]
            if piece.last == UInt8(ascii: ",") { piece.removeLast() }
            guard piece.starts(with: Array("{\"time\"".utf8)), FileShape.isWholeObject(piece) else {
                let isFrame = line.elementsEqual("{\"records\":[".utf8) || line.elementsEqual("]}".utf8)
                if !isFrame { unreadable += 1 }
                continue
            }
            guard let record = try? JSONDecoder().decode(Record.self, from: Data(piece)) else {
                unreadable += 1
                continue
            }
            add(record)
        }
    }

    private mutating func add(_ record: Record) {
        if let flows = record.properties?.flows {
            for rule in flows {
                for flow in rule.flows {
                    for text in flow.flowTuples {
                        add(FlowTuple(version2: text), 2, record.macAddress ?? flow.mac ?? "", rule.rule)
                    }
                }
            }
        } else if let flows = record.flowRecords?.flows {
            for group in flows.flatMap(\.flowGroups) {
                for text in group.flowTuples {
                    add(FlowTuple(version4: text), 4, record.macAddress ?? "", group.rule)
                }
            }
        } else {
            unreadable += 1
        }
    }

    private mutating func add(_ tuple: FlowTuple?, _ format: Int, _ macAddress: String, _ rule: String) {
        guard let tuple else {
            unreadable += 1
            return
        }
        items.append(Item(format: format, macAddress: macAddress, rule: rule, tuple: tuple))
    }

    private struct Document: Decodable { let records: [Record] }

    private struct Record: Decodable {
        struct Properties: Decodable { let flows: [Rule] }
        struct Rule: Decodable {
            let rule: String
            let flows: [Flow]
        }
        struct Flow: Decodable {
            let mac: String?
            let flowTuples: [String]
        }
        struct FlowRecords: Decodable { let flows: [List] }
        struct List: Decodable { let flowGroups: [Group] }
        struct Group: Decodable {
            let rule: String
            let flowTuples: [String]
        }
        let macAddress: String?
        let properties: Properties?
        let flowRecords: FlowRecords?
    }
}

package import FoundationEssentials

/// A file of either format, with any layout of white space.
package struct FlowLogDocument: Sendable {
    /// A tuple with the data of its record.
    package struct Item: Equatable, Sendable {
        package var format: Int
        package var macAddress: String
        package var rule: String
        package var tuple: FlowTuple
    }

    package var items: [Item] = []
    /// Records and tuples that have no documented form.
    package var unreadable = 0

    /// Reads the content of a file: `{"records":[...]}`, a list of records, a single record, or one record on each
    /// line. Never fails: torn or unknown parts are counted.
    package init(_ content: Data) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let data = content.starts(with: mark) ? Data(content.dropFirst(mark.count)) : content
        let decoder = JSONDecoder()
        if let document = try? decoder.decode(Document.self, from: data) {
            for record in document.records { add(record) }
            return
        }
        if let records = try? decoder.decode([Record].self, from: data) {
            for record in records { add(record) }
            return
        }
        if let record = try? decoder.decode(Record.self, from: data) {
            add(record)
            return
        }
        // The file is torn by a crash, or is being written: read the complete lines of our own layout. Or a tool writes
        // one record on each line.
        for line in data.split(separator: UInt8(ascii: "\n")) {
            var piece = Array(line)[...]
            while let last = piece.last, last == UInt8(ascii: ",") || last == UInt8(ascii: "\r") { piece.removeLast() }
            guard FileShape.isWholeObject(piece) else {
                let isFrame = line.elementsEqual("{\"records\":[".utf8) || line.elementsEqual("]}".utf8)
                if !isFrame { unreadable += 1 }
                continue
            }
            guard let record = try? decoder.decode(Record.self, from: Data(piece)) else {
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

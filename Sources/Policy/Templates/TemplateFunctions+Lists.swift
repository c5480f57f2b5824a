/// Functions of lists and mappings.
extension TemplateFunctions {
    static func lists(_ call: TemplateCall) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "createarray": return .list(call.arguments)
        case "array":
            let value = try call.value(0)
            return value.list != nil ? value.value : .list([value])
        case "length":
            let value = try call.value(0)
            if let count = value.list?.count ?? value.members?.count { return .number("\(count)") }
            return .number("\(try call.text(0).count)")
        case "first", "last":
            let isFirst = call.function == "first"
            if let list = try call.value(0).list { return (isFirst ? list.first : list.last)?.value ?? .null }
            let text = try call.text(0)
            return .text(String(isFirst ? text.prefix(1) : text.suffix(1)))
        case "take", "skip":
            let count = max(0, try call.number(1))
            let isTake = call.function == "take"
            if let list = try call.value(0).list {
                return .list(Array(isTake ? list.prefix(count) : list.dropFirst(count)))
            }
            let text = try call.text(0)
            return .text(String(isTake ? text.prefix(count) : text.dropFirst(count)))
        case "range":
            let count = try call.number(1)
            guard (0...10_000).contains(count) else { throw .init(message: "calls range() for \(count) numbers") }
            let start = try call.number(0)
            return .list((0..<count).map { call.document(.number("\(start &+ $0)")) })
        case "flatten":
            var flat: [Document] = []
            for element in try call.list(0) {
                if case .unknown(let reason) = element.value { throw .init(message: reason) }
                guard let list = element.list else { throw call.wrong(element, "a list of lists") }
                flat += list
            }
            return .list(flat)
        case "union": return try union(call)
        case "intersection": return try intersection(call)
        case "contains":
            let value = try call.value(0)
            if let list = value.list {
                let wanted = try call.known(1)
                if list.contains(wanted) { return .boolean(true) }
                _ = try call.known(0)
                return .boolean(false)
            }
            if value.members != nil { return .boolean(value.member(try call.text(1)) != nil) }
            let part = try call.text(1)
            let text = try call.text(0)
            return .boolean(part.isEmpty || split(text, at: [part]).count > 1)
        case "empty":
            let value = try call.value(0)
            if value.isNull { return .boolean(true) }
            if let isEmpty = value.list?.isEmpty ?? value.members?.isEmpty { return .boolean(isEmpty) }
            return .boolean(try call.text(0).isEmpty)
        case "tryget", "tryindexfromend", "indexfromend": return try element(call)
        default: return nil
        }
    }

    /// The value at a key or index; null if `tryGet` or `tryIndexFromEnd` finds nothing.
    private static func element(_ call: TemplateCall) throws(Mistake) -> Document.Value {
        var value = try call.value(0)
        for index in 1..<max(2, call.count) {
            if value.isNull { return .null }
            let key = try call.value(index)
            var next: Document?
            if let list = value.list, let number = key.integer {
                let place = call.function == "tryget" ? number : list.count - number
                next = list.indices.contains(place) ? list[place] : nil
            } else if let text = key.text {
                next = value.member(text)
            }
            guard let next else {
                guard call.function == "indexfromend" else { return .null }
                throw .init(message: "refers to element \(key.kind) from the end, which does not exist")
            }
            value = next
        }
        return value.value
    }

    private static func union(_ call: TemplateCall) throws(Mistake) -> Document.Value {
        if try call.value(0).members != nil {
            var merged: [Document.Member] = []
            for index in call.arguments.indices { merged = merge(merged, try call.members(index)) }
            return .mapping(merged)
        }
        var joined: [Document] = []
        var seen: Set<String> = []
        for index in call.arguments.indices {
            for element in try call.list(index) where seen.insert(identity(element)).inserted { joined.append(element) }
        }
        return .list(joined)
    }

    /// A key that is equal for equal values.
    private static func identity(_ element: Document) -> String {
        switch element.value {
        case .mapping(let members): Document(.mapping(members.sorted { $0.key < $1.key }), line: 0).json
        case .unknown: "unknown on line \(element.line)"
        case .null, .boolean, .number, .text, .list: element.json
        }
    }

    /// Nested mappings are merged too. For other values, the later one wins.
    private static func merge(_ left: [Document.Member], _ right: [Document.Member]) -> [Document.Member] {
        var merged = left
        for member in right {
            guard let index = merged.firstIndex(where: { Document.isSame($0.key, member.key) }) else {
                merged.append(member)
                continue
            }
            if let old = merged[index].value.members, let new = member.value.members {
                merged[index].value = Document(.mapping(merge(old, new)), line: member.value.line)
            } else {
                merged[index].value = member.value
            }
        }
        return merged
    }

    private static func intersection(_ call: TemplateCall) throws(Mistake) -> Document.Value {
        if try call.value(0).members != nil {
            var common = try call.known(0).members ?? []
            for index in call.arguments.indices.dropFirst() {
                let other = try call.known(index)
                common = common.filter { member in other.member(member.key) == member.value }
            }
            return .mapping(common)
        }
        var common = try call.known(0).list ?? []
        for index in call.arguments.indices {
            let other = try call.list(index)
            common = common.filter { other.contains($0) }
        }
        return .list(common)
    }

    // MARK: - Mappings

    static func mappings(_ call: TemplateCall) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "createobject":
            guard call.count.isMultiple(of: 2) else {
                throw .init(message: "calls createObject() with a key that has no value")
            }
            var members: [Document.Member] = []
            for index in stride(from: 0, to: call.count, by: 2) {
                members.append(.init(key: try call.text(index), line: call.line, value: call.arguments[index + 1]))
            }
            return .mapping(members)
        case "shallowmerge":
            var merged: [Document.Member] = []
            for element in try call.list(0) {
                if case .unknown(let reason) = element.value { throw .init(message: reason) }
                guard let members = element.members else { throw call.wrong(element, "a list of mappings") }
                for member in members {
                    merged.removeAll { Document.isSame($0.key, member.key) }
                    merged.append(member)
                }
            }
            return .mapping(merged)
        case "items":
            return .list(
                sorted(try call.members(0)).map { member in
                    call.document(
                        .mapping([
                            .init(key: "key", line: call.line, value: call.document(.text(member.key))),
                            .init(key: "value", line: member.line, value: member.value),
                        ]))
                })
        case "objectkeys": return call.texts(sorted(try call.members(0)).map(\.key))
        case "json":
            let text = try call.text(0)
            do throws(JSONParser.Mistake) {
                return try JSONParser.parse(Array(text.utf8)).value
            } catch {
                throw .init(message: "calls json() with a text that is not JSON: it \(error.message)")
            }
        default: return nil
        }
    }

    /// Sorted by key, as for `items()` and `objectKeys()`.
    private static func sorted(_ members: [Document.Member]) -> [Document.Member] {
        members.sorted { ($0.key.lowercased(), $0.key) < ($1.key.lowercased(), $1.key) }
    }
}

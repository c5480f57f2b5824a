import Yams

extension Document {
    /// The tree of a YAML node.
    init(_ node: Node) {
        let line = node.mark?.line ?? 1
        switch node {
        case .mapping(let mapping):
            let members = mapping.map { key, value in
                Member(key: key.scalar?.string ?? "", line: key.mark?.line ?? line, value: Document(value))
            }
            self.init(.mapping(members), line: line)
        case .sequence(let sequence): self.init(.list(sequence.map { Document($0) }), line: line)
        case .scalar(let scalar): self.init(Document.scalar(scalar), line: line)
        case .alias: self.init(.null, line: line)
        }
    }

    private static func scalar(_ scalar: Node.Scalar) -> Value {
        guard scalar.style == .plain || scalar.style == .any else { return .text(scalar.string) }
        switch scalar.string {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        default: return Int(scalar.string) == nil ? .text(scalar.string) : .number(scalar.string)
        }
    }
}

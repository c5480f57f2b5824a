/// The cloud's resource id of a network security group: `/subscriptions/.../networkSecurityGroups/web`. It becomes part
/// of the path of flow log files, so it must not contain parts that lead to another directory.
enum ResourceIdentifier {
    /// Maximum bytes of a part: a file system's limit for a name.
    private static let partBytes = 255
    /// Maximum bytes in total. This leaves room in a path for directory, hour and interface.
    private static let bytes = 1024
    private static let type = "networkSecurityGroups"

    /// What is wrong with the resource id of a group; nil if it is correct.
    static func problem(of text: String, group: String) -> String? {
        // Checked as it will be written: upper case may be longer.
        let written = text.uppercased()
        guard written.utf8.count <= bytes else { return "it has more than \(bytes) bytes" }
        guard written.hasPrefix("/") else { return "it does not begin with /" }
        let parts = written.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for part in parts {
            if part.isEmpty { return "it has an empty part" }
            if part == "." || part == ".." { return "it has the part \(part)" }
            if part.utf8.count > partBytes { return "it has a part of more than \(partBytes) bytes" }
            if let scalar = part.unicodeScalars.first(where: { !isAllowed($0) }) {
                return "it has the character \(String(scalar).debugDescription)"
            }
        }
        guard parts.count >= 2, parts[parts.count - 2] == type.uppercased(), parts.last ?? "" == group.uppercased()
        else {
            return "it does not end with /\(type)/\(group)"
        }
        return nil
    }

    /// The subscription and the resource group of a resource id; nil if it has none.
    static func parts(of text: String) -> (subscription: String, resourceGroup: String)? {
        let parts = text.split(separator: "/").map(String.init)
        guard parts.count > 3, Document.isSame(parts[0], "subscriptions"), Document.isSame(parts[2], "resourceGroups")
        else { return nil }
        return (parts[1], parts[3])
    }

    /// An example to write instead.
    static func example(group: String) -> String {
        "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Network/\(type)/\(group)"
    }

    /// Letters, digits, `_`, `.`, `-`, and the parentheses that a resource group's name may contain.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        "_.-()".unicodeScalars.contains(scalar) || scalar.properties.isAlphabetic
            || scalar.properties.numericType != nil
    }
}

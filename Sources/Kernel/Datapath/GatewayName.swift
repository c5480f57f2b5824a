/// A gateway's name, encoded so that file systems and nftables accept it, and so that different names stay different.
package enum GatewayName {
    /// Where all gateways are pinned.
    static let pinRoot = BPFFileSystem.path + "/sluice"

    /// The directory of a gateway's pins. bpffs accepts no dot in a name (and a host's name may contain dots). So every
    /// character except letters, digits, `-` and `_` becomes `%` and two hexadecimal digits.
    package static func pinDirectory(_ gateway: String) -> String {
        pinRoot + "/" + escaped(gateway, with: "%")
    }

    /// Where pins are created before they become visible all at once. `%` at the end is not an escape, so no gateway
    /// has this name.
    static func stagingDirectory(_ gateway: String) -> String { pinDirectory(gateway) + "%" }

    /// The gateway's table in nftables, whose names may contain `/` but no `%`.
    package static func table(_ gateway: String) -> String { "sluice_" + escaped(gateway, with: "/") }

    /// The name for which ``pinDirectory(_:)`` returns this directory.
    static func unescaped(_ directory: String) -> String {
        var result: [UInt8] = []
        var rest = Array(directory.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func escaped(_ name: String, with escape: String) -> String {
        var result = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += escape + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }

    /// Throws ``KernelError/invalidName(what:name:reason:)`` for a name that a gateway can't have.
    package static func check(_ gateway: String) throws(KernelError) {
        guard !gateway.isEmpty else { throw .invalidName(what: "gateway", name: gateway, reason: "it is empty") }
        guard escaped(gateway, with: "%").utf8.count <= 200 else {
            throw .invalidName(what: "gateway", name: gateway, reason: "it is too long: write at most 64 characters")
        }
    }
}

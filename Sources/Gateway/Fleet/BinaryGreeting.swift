internal import FlowLayout

/// What a binary says of itself when it is asked whether it can take part in a fleet: `sluice binary-check`.
package enum BinaryGreeting {
    static let prefix = "sluice binary, layout "

    /// What `sluice replace-program --if-different` says where there is nothing to replace.
    package static let sameProgram = "the kernel has this program already"

    package static var text: String { "\(prefix)\(SLUICE_LAYOUT_VERSION)" }

    /// The layout that a binary says it speaks; nil: it is none of ours.
    static func layout(in text: String) -> UInt32? {
        guard text.hasPrefix(prefix) else { return nil }
        return UInt32(text.dropFirst(prefix.count).prefix { $0.isNumber })
    }
}

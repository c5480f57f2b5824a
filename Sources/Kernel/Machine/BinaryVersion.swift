internal import FlowLayout

/// What a binary is: its version, the commit that it was built from, and the layout of the memory that it shares with the kernel
/// program (PKG-6). The property names are the JSON's.
package struct BinaryVersion: Codable, Equatable, Sendable, CustomStringConvertible {
    package var version: String
    /// Twelve digits, with `-modified` behind where files were changed since; `unknown`: built outside of a git repository.
    package var commit: String
    /// Binaries of one layout can serve a gateway together.
    package var layout: Int

    package init(version: String, commit: String, layout: Int) {
        self.version = version
        self.commit = commit
        self.layout = layout
    }

    /// The binary that asks.
    package static func own(commit: String) -> BinaryVersion {
        BinaryVersion(version: "0.11.0", commit: commit, layout: Int(SLUICE_LAYOUT_VERSION))
    }

    /// `0.11.0, commit 0123456789ab, layout 9`
    package var description: String { "\(version), commit \(commit), layout \(layout)" }
}

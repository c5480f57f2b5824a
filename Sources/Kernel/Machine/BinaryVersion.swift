internal import FlowLayout

/// The identity of a binary: its version, the commit that it was built from, and the layout of the memory that it
/// shares with the kernel program (PKG-6). The property names are those of the JSON.
package struct BinaryVersion: Codable, Equatable, Sendable, CustomStringConvertible {
    package var version: String
    /// Twelve digits, followed by `-modified` if files were changed since. `unknown`: built outside of a git
    /// repository.
    package var commit: String
    /// Binaries with the same layout can serve a gateway together.
    package var layout: Int

    package init(version: String, commit: String, layout: Int) {
        self.version = version
        self.commit = commit
        self.layout = layout
    }

    /// The version of the calling binary.
    package static func own(commit: String) -> BinaryVersion {
        BinaryVersion(version: "0.12.0", commit: commit, layout: Int(SLUICE_LAYOUT_VERSION))
    }

    /// `0.12.0, commit 0123456789ab, layout 10`
    package var description: String { "\(version), commit \(commit), layout \(layout)" }
}

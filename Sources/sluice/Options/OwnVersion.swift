import FlowLayout
import Kernel

extension BinaryVersion {
    /// This binary (PKG-6).
    static let own = BinaryVersion(
        version: "0.11.0", commit: BuildCommit.text, layout: Int(SLUICE_LAYOUT_VERSION))
}

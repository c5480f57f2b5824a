import Kernel

extension BinaryVersion {
    /// This binary (PKG-6).
    static let own = BinaryVersion.own(commit: BuildCommit.text)
}

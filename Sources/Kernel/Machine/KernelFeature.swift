/// A feature that the datapath uses if the kernel has it, and can do without: `sluice doctor` lists it.
///
/// New code that uses something newer than ``MachineCheck/oldestKernel`` needs a row here, and a path without it in the
/// code.
struct KernelFeature: Equatable, Sendable {
    let name: String
    let since: KernelRelease
    /// What is done instead, and its cost.
    let instead: String

    static let all = [
        KernelFeature(
            name: "FIB lookup without neighbour", since: KernelRelease(6, 3),
            instead: "the next hop of a new session's source is looked up with its link address"),
        KernelFeature(
            name: "tcx", since: KernelRelease(6, 6),
            instead: "the program is a filter of a clsact: each packet takes some 0.2 us longer"),
    ]

    func finding(on release: KernelRelease) -> MachineFinding {
        MachineFinding(
            name, isMet: true,
            found: release >= since ? "available" : "not available (since Linux \(since)): \(instead)", remedy: "")
    }
}

/// The numbers at the start of a kernel's release: `6.1.0-18-amd64` is 6.1.
struct KernelRelease: Comparable, Sendable, CustomStringConvertible {
    let major: Int
    let minor: Int

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// nil if the text does not begin with two numbers.
    init?(_ text: String) {
        let numbers = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).prefix(2)
            .map { Int($0.prefix { $0.isNumber }) }
        guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        self.init(major, minor)
    }

    static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }

    var description: String { "\(major).\(minor)" }
}

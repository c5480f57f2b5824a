/// One thing that a gateway needs of its machine, and what is there.
package struct MachineFinding: Equatable, Sendable, Codable {
    /// What is needed: `kernel version`, `privileges`, ...
    package let requirement: String
    package let isMet: Bool
    /// What was found.
    package let found: String
    /// What to do about it; nil where the requirement is met.
    package let remedy: String?

    init(_ requirement: String, isMet: Bool, found: String, remedy: String) {
        self.requirement = requirement
        self.isMet = isMet
        self.found = found
        self.remedy = isMet ? nil : remedy
    }
}

extension MachineFinding: CustomStringConvertible {
    package var description: String {
        "\(requirement): \(found)" + (remedy.map { ": \($0)" } ?? "")
    }
}

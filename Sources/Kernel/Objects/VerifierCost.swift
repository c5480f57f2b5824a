/// What the kernel's verifier had to do for one program, as its log says (`BPF_LOG_STATS`).
package struct VerifierCost: Equatable, Sendable {
    /// Instructions walked, of at most 1,000,000.
    package let instructions: Int
    /// Microseconds that it took.
    package let microseconds: Int

    /// - Parameter log: of one program; nil where it has no statistics, as when the program was refused before.
    init?(log: String) {
        guard let instructions = Self.number(behind: "processed ", in: log) else { return nil }
        self.instructions = instructions
        microseconds = Self.number(behind: "verification time ", in: log) ?? 0
    }

    private static func number(behind label: String, in log: String) -> Int? {
        for line in log.split(separator: "\n") where line.hasPrefix(label) {
            return Int(line.dropFirst(label.count).prefix { $0.isNumber })
        }
        return nil
    }
}

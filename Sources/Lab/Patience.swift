import Glibc

/// A factor for all time limits of the lab: `SLUICE_PATIENCE`, a number from 1 to 100.
///
/// For slow machines: emulated ones (`./kernels`), or busy ones. It only moves the moment of giving up, so fast
/// machines stay fast. Deadlines that a test or the demo checks, such as a timeout of the profile, are not affected.
package enum Patience {
    package static let variable = "SLUICE_PATIENCE"
    package static let range = 1.0...100.0

    /// The factor from this process's environment; 1 if there is none, or an invalid one.
    package static let factor = parse(asked) ?? 1

    /// The value of the variable; nil if it is not set.
    private static var asked: String? { getenv(variable).map { String(cString: $0) } }

    /// Parses a factor: 1 for no text, nil for an invalid one.
    package static func parse(_ text: String?) -> Double? {
        guard let text, !text.isEmpty else { return 1 }
        guard let number = Double(text), range.contains(number) else { return nil }
        return number
    }

    /// What is wrong with the environment's value, and what to write; nil if it is valid.
    package static var problem: String? { problem(asked) }

    package static func problem(_ text: String?) -> String? {
        guard parse(text) == nil else { return nil }
        return "\(variable) is '\(text ?? "")': write a number from 1 to 100, as in \(variable)=10, or unset it"
    }

    /// A time limit, scaled for this machine.
    package static func scaled(_ limit: Duration) -> Duration { limit * factor }

    /// The same in seconds, for messages.
    package static func seconds(_ limit: Duration) -> Double { scaled(limit).inSeconds }
}

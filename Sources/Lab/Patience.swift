import Glibc

/// How much longer than usual the lab waits for anything before it gives up: `SLUICE_PATIENCE`, a number from 1 to 100.
///
/// For slow machines: emulated ones (`./kernels`), or busy ones. It only moves the moment of giving up, so a fast machine is as fast with
/// it. What a test or the demo holds the gateway to, as a timeout of a profile, stays.
package enum Patience {
    package static let variable = "SLUICE_PATIENCE"
    package static let range = 1.0...100.0

    /// What this process's environment asks for; 1 where it asks for nothing that can be.
    package static let factor = parse(asked) ?? 1

    /// The value of the variable; nil: not set.
    private static var asked: String? { getenv(variable).map { String(cString: $0) } }

    /// The factor that a text asks for; 1 for none, nil for one that can't be.
    package static func parse(_ text: String?) -> Double? {
        guard let text, !text.isEmpty else { return 1 }
        guard let number = Double(text), range.contains(number) else { return nil }
        return number
    }

    /// What is wrong with the environment's value, and what to write; nil: nothing.
    package static var problem: String? { problem(asked) }

    package static func problem(_ text: String?) -> String? {
        guard parse(text) == nil else { return nil }
        return "\(variable) is '\(text ?? "")': write a number from 1 to 100, as in \(variable)=10, or unset it"
    }

    /// A limit, as this machine needs it.
    package static func scaled(_ limit: Duration) -> Duration { limit * factor }

    /// The same in seconds, for messages.
    package static func seconds(_ limit: Duration) -> Double { scaled(limit).inSeconds }
}

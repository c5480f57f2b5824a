/// The health of a gateway, and what to do about problems.
package struct GatewayHealth: Codable, Equatable, Sendable {
    /// From best to worst.
    package enum Level: String, Codable, Comparable, Sendable, CaseIterable {
        /// Everything works as configured.
        case healthy
        /// It forwards, but does not fulfil one of its guarantees.
        case degraded
        /// It does not forward.
        case down

        package static func < (left: Level, right: Level) -> Bool { left.exitCode < right.exitCode }

        /// The exit code of `sluice status`.
        package var exitCode: Int32 {
            switch self {
            case .healthy: 0
            case .degraded: 1
            case .down: 2
            }
        }
    }

    package struct Finding: Codable, Equatable, Sendable {
        package var level: Level
        /// What is wrong, and what it means.
        package var reason: String
        /// What to run or to write next.
        package var remedy: String

        package init(level: Level, reason: String, remedy: String) {
            self.level = level
            self.reason = reason
            self.remedy = remedy
        }
    }

    /// The worst level of the findings.
    package var level: Level
    package var findings: [Finding]

    package init(level: Level, findings: [Finding]) {
        self.level = level
        self.findings = findings
    }

    package init(findings: [Finding]) {
        self.findings = findings
        self.level = findings.map(\.level).max() ?? .healthy
    }
}

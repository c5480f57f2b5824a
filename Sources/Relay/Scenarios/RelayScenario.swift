/// What happens when, against a test suite (RELAY-5).
package struct RelayScenario: Equatable, Sendable {
    /// One step.
    package struct Step: Equatable, Sendable {
        package enum Action: Equatable, Sendable {
            /// Adds a toxic: the value is that of `POST /proxies/{proxy}/toxics`.
            case add(WireValue)
            /// Removes a toxic by its name.
            case remove(String)
            case enable(Bool)
        }

        /// Nanoseconds after the command was started.
        package var at: UInt64
        package var proxy: String
        package var action: Action
    }

    package var proxies: [ProxyDescription] = []
    /// In order of their times.
    package var steps: [Step] = []
    /// How soon an application must notice that its connection is dead, in nanoseconds; nil: at any time before the
    /// command ends.
    package var noticeWithin: UInt64?
}

/// What is wrong with a scenario: the line, what it is, and what to write.
package struct ScenarioError: Error, Equatable, CustomStringConvertible {
    package var line: Int
    package var text: String

    package var description: String { "line \(line): \(text)" }
}

/// What is wrong with an option, a file or the machine, and what to do: a text for people.
package struct ResumeProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}

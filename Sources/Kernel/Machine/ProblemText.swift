/// The format of a problem in `controller.json`, in one text: the reason, and on a separate line the remedy. Any
/// version can read that of any other.
package enum ProblemText {
    private static let separator = "\nnext: "

    /// - Parameter next: what to write or run; nil: the reader uses its own text.
    package static func join(_ reason: String, next: String?) -> String {
        next.map { reason + separator + $0 } ?? reason
    }

    package static func split(_ text: String) -> (reason: String, next: String?) {
        guard let place = text.ranges(of: separator).last else { return (text, nil) }
        return (String(text[..<place.lowerBound]), String(text[place.upperBound...]))
    }
}

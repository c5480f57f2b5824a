/// How the controller says what is wrong, and what to do about it, in one text of `controller.json`: the reason, and in a line of its own
/// the remedy. Any version reads any other's.
package enum ProblemText {
    private static let separator = "\nnext: "

    /// - Parameter next: what to write or run; nil: the reader's own words for it.
    package static func join(_ reason: String, next: String?) -> String {
        next.map { reason + separator + $0 } ?? reason
    }

    package static func split(_ text: String) -> (reason: String, next: String?) {
        guard let place = text.ranges(of: separator).last else { return (text, nil) }
        return (String(text[..<place.lowerBound]), String(text[place.upperBound...]))
    }
}

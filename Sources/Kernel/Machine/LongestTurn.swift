/// The longest turn of the controller's loop lately: while a turn lasts, nobody looks after instances (MET-3). The property names are
/// the JSON's.
package struct LongestTurn: Codable, Equatable, Sendable {
    package var milliseconds: Double
    /// What took most of it.
    package var work: String
    package var workMilliseconds: Double

    package init(milliseconds: Double, work: String, workMilliseconds: Double) {
        self.milliseconds = milliseconds
        self.work = work
        self.workMilliseconds = workMilliseconds
    }
}

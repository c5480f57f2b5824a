/// The longest recent iteration of the controller's loop: during an iteration, nobody supervises instances (MET-3). The
/// property names are those of the JSON.
package struct LongestIteration: Codable, Equatable, Sendable {
    package var milliseconds: Double
    /// What took most of the time.
    package var work: String
    package var workMilliseconds: Double

    package init(milliseconds: Double, work: String, workMilliseconds: Double) {
        self.milliseconds = milliseconds
        self.work = work
        self.workMilliseconds = workMilliseconds
    }
}

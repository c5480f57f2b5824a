internal import Fleet
internal import Store

/// Whom the fleet's shell tells what: the rest of the controller.
protocol FleetSurroundings: AnyObject {
    /// Writes events, and what is to be remembered with them, in one transaction.
    func remember(_ events: [HistoryEvent], _ state: [StateChange])
    /// Answers who asked for something: whether it was granted, and in which words.
    func answer(_ command: FleetCommand, granted: Bool, _ text: String)
    /// Records what is wrong, or (nil) that it is right again; `next`: what to write or run to mend it.
    func report(_ subject: String, _ problem: String?, next: String?)
}

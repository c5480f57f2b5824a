import Lab

/// What carries the sessions between the two ends, and loses them: the gateway, or a relay.
protocol Passage: Sendable {
    /// Where a client in `place` reaches the server at `port` of a zone.
    func target(from place: LabPlace, to zone: LabZone, port: Int) async throws -> Site.Target
    /// Drains whatever carries the sessions, and returns when the drain is over.
    func drain() async throws
    /// Kills whatever carries the sessions, and returns when new sessions are carried again.
    func killInstances() async throws
}

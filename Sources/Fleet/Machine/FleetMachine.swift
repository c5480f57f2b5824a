/// Decides everything about a fleet: which instances there are, who takes new sessions, when one drains, is replaced or recovered.
///
/// Pure: events come in with the time, directives go out, in the order in which they are to be carried out. Time is nanoseconds of
/// CLOCK_MONOTONIC; it never goes back between calls. The shell's duty:
///
/// 1. At the start, ``restore(settings:snapshot:observed:zones:now:)``, also for the very first start (no snapshot, nothing observed).
/// 2. Hand in ``FleetEvent/tick`` when ``nextTimer`` has come (late is survived), and every other event as it happens.
/// 3. After each call: if ``snapshot`` has changed, save it; then carry out the directives.
package struct FleetMachine: Sendable {
    package private(set) var settings: FleetSettings
    /// What is kept over a controller's death.
    package private(set) var snapshot: FleetSnapshot
    let zones: ZoneOffsets

    /// What happened, and what is to be done.
    package mutating func handle(_ event: FleetEvent, now: UInt64) -> [FleetDirective] {
        []
    }

    /// When ``FleetEvent/tick`` is due at the latest; nil: at no time.
    package var nextTimer: UInt64? { nil }

    /// The fleet, as operators see it.
    package var view: FleetView {
        FleetView(capacity: snapshot.capacity, desired: snapshot.desired, instances: [], maintenance: nil)
    }

    /// A machine that goes on where another stopped, or begins; and what is to be done at once.
    ///
    /// What is `observed` wins over the snapshot: a living process that the snapshot doesn't know is adopted, one that it knows and that
    /// is gone has failed. Unfinished directives are given again.
    package static func restore(
        settings: FleetSettings, snapshot: FleetSnapshot?, observed: ObservedFleet, zones: @escaping ZoneOffsets,
        now: UInt64
    ) -> (machine: FleetMachine, directives: [FleetDirective]) {
        let machine = FleetMachine(
            settings: settings, snapshot: snapshot ?? FleetSnapshot(configured: settings.capacity), zones: zones)
        return (machine, [])
    }
}

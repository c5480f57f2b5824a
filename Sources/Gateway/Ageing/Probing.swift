package import FlowCore
package import FlowLayout

/// Executes the directives of the ``ProbeTable``.
package struct Probing {
    package private(set) var probes = ProbeTable()
    let table: SessionTable
    let ending: SessionEnding
    let outlet: any SegmentOutlet
    /// Ticks between two attempts; the idle timeout of the session may shorten it.
    package var intervalTicks: UInt32

    /// The last values of the ends' TCP timestamps, by slot.
    private let timestamps: (UInt32) -> sluice_timestamps?

    package init(
        table: SessionTable, ending: SessionEnding, outlet: any SegmentOutlet, intervalTicks: UInt32,
        timestamps: @escaping (UInt32) -> sluice_timestamps?
    ) {
        self.timestamps = timestamps
        self.table = table
        self.ending = ending
        self.outlet = outlet
        self.intervalTicks = intervalTicks
    }

    package func isProbed(_ slot: Int) -> Bool { probes.contains(UInt32(truncatingIfNeeded: slot)) }

    package mutating func wasAway(ticks: UInt32) { probes.wasAway(ticks: ticks) }

    /// Begins to probe the sessions that the scan found idle, and continues with those that wait for answers.
    ///
    /// - Returns: segments sent and failed, and sessions that were ended because an end is gone.
    package mutating func run(now: UInt32, work: AgeingWork) -> (sent: Int, failed: Int, dead: Int) {
        var segments: [TCPSegment] = []
        var dead = 0
        // Before the new ones, which can't have an answer yet.
        for slot in probes.slots {
            let place = Int(slot)
            guard let generation = probes.generation(slot) else { continue }
            guard table.holds(place, generation: generation, state: .established) else {
                probes.forget(slot: slot)
                continue
            }
            switch probes.tick(slot: slot, tally: tally(place), now: now) {
            case .wait, .alive: break
            case .send(let originator, let responder):
                append(place, originator: originator, responder: responder, to: &segments)
            case .dead:
                if ending.end(slot: place, generation: generation, reason: .probeFailed, now: now) == .resetting {
                    work.queueReset(place, generation: generation)
                    dead += 1
                }
            }
        }
        for entry in work.probes {
            let place = Int(entry.slot)
            let word = table.word(place)
            guard word.generation == entry.generation, word.isState(.established) else { continue }
            let interval = ProbeTable.intervalTicks(
                configuredTicks: intervalTicks,
                timeoutTicks: table.treatments[Int(word.treatment)].timeoutTicks)
            let directive = probes.begin(
                slot: entry.slot, generation: entry.generation, tally: tally(place), intervalTicks: interval, now: now)
            if case .send(let originator, let responder) = directive {
                append(place, originator: originator, responder: responder, to: &segments)
            }
        }
        work.probes.removeAll(keepingCapacity: true)
        let (sent, failed) = segments.isEmpty ? (0, 0) : outlet.send(segments)
        return (sent, failed, dead)
    }

    private func tally(_ slot: Int) -> ProbeTable.Tally {
        ProbeTable.Tally(
            originator: table.sessions[slot].originator.packets, responder: table.sessions[slot].responder.packets)
    }

    /// ``ProbeSegments`` returns the segment to the originator first.
    private func append(_ slot: Int, originator: Bool, responder: Bool, to segments: inout [TCPSegment]) {
        var isFirst = true
        ProbeSegments.forEach(
            table.sessions[slot], timestamps: timestamps(UInt32(truncatingIfNeeded: slot)),
            generation: table.word(slot).generation
        ) { segment in
            if isFirst ? originator : responder { segments.append(segment) }
            isFirst = false
        }
    }
}

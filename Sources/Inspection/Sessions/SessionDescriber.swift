import FlowCore
package import FlowLayout
import Policy

/// Builds views of session records: names instead of numbers, seconds instead of ticks.
package struct SessionDescriber {
    /// CLOCK_MONOTONIC, at the moment the records were read.
    package var nowNanoseconds: UInt64
    package var ruleNames: [UInt16: String]
    package var zoneNames: [UInt8: String]
    /// By treatment index.
    package var treatments: [sluice_treatment]
    package var stateTimeouts: StateTimeouts

    package init(
        nowNanoseconds: UInt64, ruleNames: [UInt16: String], zoneNames: [UInt8: String],
        treatments: [sluice_treatment], stateTimeouts: StateTimeouts
    ) {
        self.nowNanoseconds = nowNanoseconds
        self.ruleNames = ruleNames
        self.zoneNames = zoneNames
        self.treatments = treatments
        self.stateTimeouts = stateTimeouts
    }

    package func view(_ record: SessionRecord) -> SessionView {
        let session = record.session
        let family = session.key.family
        let treatment = Int(record.word.treatment)
        let entry = treatment < treatments.count ? treatments[treatment] : sluice_treatment()
        let rest = stateTimeouts.idleLimit(of: record.word, treatment: entry)
        return SessionView(
            id: record.identifier.description,
            protocol: ProtocolName.write(session.key.protocol),
            source: .init(address: address(record.sourceAddress, family), port: record.sourcePort),
            destination: .init(
                address: address(record.destinationAddress, family), port: record.destinationPort),
            direction: VocabularyNames.directions[Int(record.direction.rawValue)],
            trafficClass: VocabularyNames.classes[Int(record.trafficClass.rawValue)],
            state: VocabularyNames.states[Int(record.word.stateValue)],
            rule: ruleName(session.rule),
            groupRule: ruleName(session.groupRule),
            instance: record.instance,
            ageSeconds: seconds(since: session.createdTick),
            idleSeconds: seconds(since: record.word.tick),
            packets: .init(toDestination: session.originator.packets, toSource: session.responder.packets),
            bytes: .init(toDestination: session.originator.bytes, toSource: session.responder.bytes),
            idleTimeoutSeconds: TreatmentDuration.seconds(ticks: rest.ticks),
            onIdle: VocabularyNames.onIdle[Int(rest.onIdle)],
            timeLeftSeconds: max(
                0, TreatmentDuration.seconds(ticks: rest.ticks) - seconds(since: record.word.tick)),
            atRisk: isAtRisk(record),
            keepAlive: .init(source: interval(session.originator), destination: interval(session.responder)),
            treatment: record.word.treatment,
            generation: record.word.generation,
            tcpAuthentication: session.flags & SessionFlags.signed != 0,
            endReason: VocabularyNames.endReasons[Int(session.endReason)],
            positions: .init(originator: position(session.originator), responder: position(session.responder)),
            zones: .init(source: zoneName(session.originator.zone), destination: zoneName(session.responder.zone)))
    }

    /// The name of a rule's identity. A former rule is shown with its number.
    package func ruleName(_ identity: UInt16) -> String {
        ruleNames[identity] ?? (identity == 0 ? "none" : "#\(identity)")
    }

    package func zoneName(_ identifier: UInt8) -> String {
        zoneNames[identifier] ?? (identifier == 0 ? "none" : "#\(identifier)")
    }

    private func address(_ address: sluice_address, _ family: UInt8) -> String {
        AddressFamily(rawValue: family).map { NetworkAddress(family: $0, layout: address).description } ?? "?"
    }

    /// See ``SessionView/atRisk``.
    package func isAtRisk(_ record: SessionRecord) -> Bool {
        let treatment = Int(record.word.treatment)
        guard treatment < treatments.count else { return false }
        return KeepAlive.isAtRisk(
            record.word, record.session, treatment: treatments[treatment], now: Tick.of(nanoseconds: nowNanoseconds))
    }

    private func interval(_ end: sluice_flow_end) -> SessionView.Interval? {
        let level = KeepAlive.level(of: end)
        guard level != 0 else { return nil }
        let ticks = KeepAlive.idleTicks(ofLevel: level)
        return .init(
            leastSeconds: TreatmentDuration.seconds(ticks: ticks.least),
            mostSeconds: ticks.end.map { TreatmentDuration.seconds(ticks: $0) })
    }

    private func position(_ end: sluice_flow_end) -> SessionView.Position {
        .init(sequenceEnd: end.sequenceEnd, acknowledged: end.acknowledged)
    }

    /// Seconds since a tick, rounded to hundredths; 0 if the tick is newer than `now` because a segment arrived
    /// meanwhile.
    private func seconds(since tick: UInt32) -> Double {
        let elapsed = Tick.of(nanoseconds: nowNanoseconds) &- tick
        guard elapsed < UInt32(1) << 31 else { return 0 }
        return Double(UInt64(elapsed) * Tick.nanoseconds / 10_000_000) / 100
    }
}

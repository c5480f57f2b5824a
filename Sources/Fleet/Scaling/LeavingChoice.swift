/// Chooses the instance that leaves in a scale-in: the one with the fewest long-lived sessions. Ties go to the instance
/// with the fewest sessions, then to the highest number. Sessions that were not measured yet count as young. The
/// documents do not say which instance Azure chooses.
enum LeavingChoice {
    static func instance(
        of candidates: [InstanceIdentifier], measurement: FleetMeasurement?
    ) -> InstanceIdentifier? {
        func pain(_ identifier: InstanceIdentifier) -> (Int, Int, Int) {
            let measured = measurement?.instances.first { $0.identifier == identifier }
            return (measured?.longLivedSessions ?? 0, measured?.sessions ?? 0, -Int(identifier))
        }
        return candidates.min { pain($0) < pain($1) }
    }
}

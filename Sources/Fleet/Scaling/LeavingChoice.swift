/// Who leaves in a scale-in: who has the fewest long-lived sessions, so that it hurts the fewest; of equals the one with the fewest
/// sessions, then the highest number. What was not measured yet is young. The documents don't say whom Azure chooses.
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

import FlowCore
import FlowLayout
package import Policy

/// What another configuration would change: its rules, and the sessions that would end (`policy diff`).
package struct PolicyPreview: Codable, Equatable, Sendable {
    /// Maximum number of sessions that are listed. The total is always counted.
    package static let sessionLimit = 100

    package var changes: [PolicyDifference.Change]
    package var zones: [PolicyDifference.ZoneChange]
    /// Live sessions that the new rules deny, and that a reload would end.
    package var sessionsToEnd: Int
    /// The first of them.
    package var sessions: [SessionView]

    package init(
        changes: [PolicyDifference.Change] = [], zones: [PolicyDifference.ZoneChange] = [], sessionsToEnd: Int = 0,
        sessions: [SessionView] = []
    ) {
        self.changes = changes
        self.zones = zones
        self.sessionsToEnd = sessionsToEnd
        self.sessions = sessions
    }

    package var isEmpty: Bool { changes.isEmpty && zones.isEmpty && sessionsToEnd == 0 }

    /// The sessions of a table that an image would end.
    package static func sessionsToEnd(in memory: SessionMemory, by image: PolicyImage) -> (
        count: Int, first: [SessionRecord]
    ) {
        var count = 0
        var first: [SessionRecord] = []
        memory.forEach { record in
            guard Reevaluation.concerns(record.word),
                image.classify(Reevaluation.question(record.session)).allowed == 0
            else { return }
            count += 1
            if first.count < sessionLimit { first.append(record) }
        }
        return (count, first)
    }
}

extension GatewayInspector {
    /// Compares a configuration with the active one, and evaluates its rules for the live sessions. Changes nothing.
    package func preview(of new: Configuration) throws(InspectionError) -> PolicyPreview {
        let difference = PolicyDifference(from: try directory.configuration(), to: new)
        var identities = try directory.ruleIdentities()
        var zones = try directory.zoneIdentities()
        zones.assign(new.zones.map(\.name))
        var treatments = TreatmentTable(timeouts: new.timeouts)
        let image: PolicyImage
        do throws(PolicyError) {
            image = try PolicyImage(
                compiling: new, identities: &identities, treatments: &treatments, zones: zones)
        } catch {
            throw .configuration(
                ConfigurationErrors([ConfigurationError(file: "the new rules", key: "rules", message: "\(error)")]))
        }
        let (count, records) = PolicyPreview.sessionsToEnd(in: memory, by: image)
        let describer = describer()
        return PolicyPreview(
            changes: difference.changes, zones: difference.zones, sessionsToEnd: count,
            sessions: records.map { describer.view($0) })
    }
}

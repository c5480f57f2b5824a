/// A list of sessions as JSON, one on each line. Lists may have a million sessions; an encoder would take minutes.
package enum SessionRow {
    /// Appends the session as one line of JSON, with the members of ``SessionView`` in the order of their names.
    package static func write(_ session: SessionView, to row: inout JSONRow) {
        row.object { row in
            row.member("ageSeconds", session.ageSeconds)
            row.member("atRisk", session.atRisk)
            row.object("bytes") { write(session.bytes, to: &$0) }
            row.object("destination") { write(session.destination, to: &$0) }
            row.member("direction", session.direction)
            row.member("endReason", session.endReason)
            row.member("generation", session.generation)
            row.member("groupRule", session.groupRule)
            row.member("id", session.id)
            row.member("idleSeconds", session.idleSeconds)
            row.member("idleTimeoutSeconds", session.idleTimeoutSeconds)
            row.member("instance", session.instance)
            row.object("keepAlive") { row in
                if let interval = session.keepAlive.destination {
                    row.object("destination") { write(interval, to: &$0) }
                }
                if let interval = session.keepAlive.source { row.object("source") { write(interval, to: &$0) } }
            }
            row.member("onIdle", session.onIdle)
            row.object("packets") { write(session.packets, to: &$0) }
            row.object("positions") { positions in
                positions.object("originator") { write(session.positions.originator, to: &$0) }
                positions.object("responder") { write(session.positions.responder, to: &$0) }
            }
            row.member("protocol", session.protocol)
            row.member("rule", session.rule)
            row.object("source") { write(session.source, to: &$0) }
            row.member("state", session.state)
            row.member("tcpAuthentication", session.tcpAuthentication)
            row.member("timeLeftSeconds", session.timeLeftSeconds)
            row.member("trafficClass", session.trafficClass)
            row.member("treatment", session.treatment)
            row.object("zones") { zones in
                zones.member("destination", session.zones.destination)
                zones.member("source", session.zones.source)
            }
        }
    }

    private static func write(_ tally: SessionView.PerDirection, to row: inout JSONRow) {
        row.member("toDestination", tally.toDestination)
        row.member("toSource", tally.toSource)
    }

    private static func write(_ endpoint: SessionView.Endpoint, to row: inout JSONRow) {
        row.member("address", endpoint.address)
        row.member("port", endpoint.port)
    }

    private static func write(_ interval: SessionView.Interval, to row: inout JSONRow) {
        row.member("leastSeconds", interval.leastSeconds)
        if let most = interval.mostSeconds { row.member("mostSeconds", most) }
    }

    private static func write(_ position: SessionView.Position, to row: inout JSONRow) {
        row.member("acknowledged", position.acknowledged)
        row.member("sequenceEnd", position.sequenceEnd)
    }
}

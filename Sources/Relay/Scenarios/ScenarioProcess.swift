import Glibc
import NIOCore

/// Runs a command while the steps of a scenario happen, and judges each connection.
package enum ScenarioProcess {
    /// Results are written on the relay's loop, and read after it has stopped.
    private final class Results: @unchecked Sendable {
        var ledger: ConnectionLedger
        var problems: [String] = []
        init(startedAt: UInt64) { ledger = ConnectionLedger(startedAt: startedAt) }
    }

    /// - Parameters:
    ///   - process: a relay without proxies; it is stopped at the end.
    ///   - start: starts the command with variables of the environment.
    /// - Throws: ``RelayProblem`` if a proxy can't listen, or the command can't be started.
    package static func run(
        _ scenario: RelayScenario, name: String, command: [String], process: RelayProcess,
        start: ([String: String]) throws -> ChildCommand
    ) throws -> ScenarioReport {
        let relay = process.relay
        defer { process.stop() }
        let variables = try relay.loop.submit {
            var variables = ["SLUICE_RELAY": "http://\(process.address)"]
            for proxy in scenario.proxies {
                let state = try relay.add(proxy)
                variables["SLUICE_RELAY_" + variable(proxy.name)] = state.description.listen
            }
            return variables
        }.wait()
        let startedAt = relay.now
        let results = Results(startedAt: startedAt)
        let scheduled = try relay.loop.submit {
            _ = relay.subscribe { results.ledger.record($0) }
            return scenario.steps.map { step in
                relay.loop.scheduleTask(deadline: .uptimeNanoseconds(startedAt + step.at)) {
                    do throws(RelayProblem) {
                        try carryOut(step, relay)
                    } catch {
                        results.problems.append("step at \(RelayText.seconds(step.at)): \(error.message)")
                    }
                }
            }
        }.wait()
        let status = try start(variables).wait()
        let endedAt = relay.now
        for task in scheduled { task.cancel() }
        return try relay.loop.submit {
            ScenarioReport(
                name: name, command: command, status: status, durationNanoseconds: endedAt - startedAt,
                records: results.ledger.verdicts(now: endedAt), noticeWithin: scenario.noticeWithin,
                problems: results.problems)
        }.wait()
    }

    private static func carryOut(_ step: RelayScenario.Step, _ relay: Relay) throws(RelayProblem) {
        guard let state = relay.states[step.proxy] else { throw .proxyNotFound }
        switch step.action {
        case .add(let value):
            let toxic = try Toxic.read(
                value, number: relay.nextToxicNumber(), isTaken: { name in state.toxics.contains { $0.name == name } },
                defaults: { state.description.profile.defaults(of: $0) })
            _ = try relay.addToxic(toxic, to: step.proxy)
        case .remove(let name): try relay.removeToxic(name, of: step.proxy)
        case .enable(let isEnabled):
            var description = state.description
            description.enabled = isEnabled
            _ = try relay.change(step.proxy, to: description)
        }
    }

    /// A name in a variable: letters and digits in upper case.
    static func variable(_ name: String) -> String {
        String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}

import ArgumentParser
import FlowCore
import Gateway
import Inspection

/// `sluice session reset`
struct SessionReset: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Reset sessions: both ends receive a RST at once.",
        discussion: "Select sessions by id, or by a filter, or all of them with --all.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var filter: FilterOptions
    @OptionGroup var output: OutputOption

    @Argument(
        help: "Ids, as 'sluice session list' shows them.", completion: Completing.sessions,
        transform: SessionShow.identifier)
    var ids: [SessionIdentifier] = []

    @Flag(help: "Reset every session.")
    var all = false

    @Flag(help: "List the sessions that would be reset, and reset nothing.")
    var dryRun = false

    func validate() throws {
        let isFiltered = !filter.filter.isEmpty
        if ids.isEmpty, !isFiltered, !all {
            throw ValidationError("say which sessions: an id, a filter like --source 10.1.0.0/16, or --all")
        }
        if !ids.isEmpty, isFiltered || all {
            throw ValidationError("ids, a filter and --all exclude each other: give one of them")
        }
        if isFiltered, all {
            throw ValidationError("--all resets every session and ignores the filter: leave out one of them")
        }
    }

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        let chosen = try choose(inspector)
        if dryRun {
            let describer = inspector.describer()
            let sessions = chosen.compactMap { inspector.memory.record($0).map { describer.view($0) } }
            Console.output(
                output.isJSON ? try JSONText.of(sessions) : SessionRendering.table(sessions).text(style: Console.style))
            Console.note("\(HumanText.count(sessions.count, of: "session")) would be reset")
            return
        }
        let references = chosen.map { SessionReference(slot: $0.slot, generation: $0.generation) }
        let count = references.isEmpty ? 0 : try GatewayClient(gateway: inspector.gateway).reset(references)
        if output.isJSON {
            Console.output(try JSONText.of(ResetReport(reset: count)))
        } else {
            Console.outputLine("\(HumanText.count(count, of: "session")) reset")
        }
    }

    /// The selected sessions that can still be reset.
    private func choose(_ inspector: GatewayInspector) throws -> [SessionIdentifier] {
        for id in ids where inspector.memory.record(id) == nil {
            throw CommandFailure(
                what: "gateway \(inspector.gateway) has no session \(id): it has ended, or never existed",
                next: "sluice session list --gateway \(inspector.gateway)")
        }
        if !ids.isEmpty { return ids }
        var chosen: [SessionIdentifier] = []
        inspector.memory.forEach(where: filter.filter) { record in
            // The ends of a closed session or a tombstone need no RST any more.
            if !record.word.isState(.closed), !record.word.isState(.resetting) { chosen.append(record.identifier) }
        }
        return chosen
    }
}

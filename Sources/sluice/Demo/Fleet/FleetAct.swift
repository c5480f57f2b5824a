import Inspection
import Lab

/// The fleet's half of the demo: the disturbances that end long-running sessions, on a gateway of its own, first as the documents
/// have it, then with `continuity: preserve`.
struct FleetAct: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case asDocumented = "disruptive"
        case preserve
    }

    let kind: Kind
    let labName: String
    let timeScale: Int
    let load: LongSessions.Load
    /// Whether `preserve` strikes every instance in turn with everything, and the controller amid everything.
    var isThorough = false

    /// 90 s are 6 s, and the 30 s between two keep-alives 2 s: what the profile's clock runs at by default.
    static let standardTimeScale = 15
    /// For a show: 48 connections in a set.
    static let standardLoad = LongSessions.Load(moving: 8, quiet: 4)

    func configuration(of lab: Lab) -> String {
        lab.configuration(
            timeScale: timeScale,
            // The autoscaler has nothing to say here: a demo has little traffic.
            extra: "continuity: \(kind.rawValue)\nfleet: { minCapacity: 2, maxCapacity: 5, coolDown: 1d }\n")
    }

    /// Plays it on a lab that is set up and taken down for it.
    func play(_ narrator: Narrator) async throws -> [DemoVerdict] {
        await narrator.say(
            "a fresh gateway, profile azure, continuity: \(kind.rawValue), a clock \(timeScale) times as fast")
        let lab = try Lab.up(name: labName)
        do {
            let configuration = configuration(of: lab)
            let gateway = try await lab.startGateway(configuration: configuration)
            let stage = FleetStage(
                lab: lab, narrator: narrator, gateway: gateway, configuration: configuration, timeScale: timeScale,
                load: load)
            let verdicts = try await perform(on: stage)
            try await takeDown(lab)
            return verdicts
        } catch {
            // The first error is the one to report.
            try? await takeDown(lab)
            throw error
        }
    }

    /// Runs to its end even where this task was cancelled.
    private func takeDown(_ lab: Lab) async throws {
        try await Task { try lab.down() }.value
    }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict] {
        try await stage.waitFor("two instances to serve", within: .seconds(20)) { $0.serving == 2 }
        return switch kind {
        case .asDocumented: try await breakThem(on: stage)
        case .preserve: try await keepThem(on: stage)
        }
    }

    private func breakThem(on stage: FleetStage) async throws -> [DemoVerdict] {
        async let starting = ProgramSessions.start(in: stage.lab)
        var verdicts = await DrainChapter().verdicts(on: stage)
        verdicts += await ScaleInChapter().verdicts(on: stage)
        verdicts += await MaintenanceChapter(programs: try await starting).verdicts(on: stage)
        verdicts += await RecoveryChapter().verdicts(on: stage)
        verdicts += await ControllerChapter().verdicts(on: stage)
        return verdicts
    }

    private func keepThem(on stage: FleetStage) async throws -> [DemoVerdict] {
        let programs = try await ProgramSessions.start(in: stage.lab)
        let sessions = try await stage.open(firstPort: 8000)
        try await programs.open()
        let kept = try KeptSessions(sessions: sessions, programs: programs, on: stage)
        let spread = Dictionary(grouping: try stage.owners(of: sessions).values, by: { $0 }).mapValues(\.count)
        await stage.say(
            "\(sessions.connections.count) connections and \(programs.count) sessions of ssh and psql, for all that follows: "
                + spread.sorted { $0.key < $1.key }.map { "\($0.value) with instance \($0.key)" }.joined(
                    separator: ", ")
        )
        let watch = try await stage.watchResets()
        var verdicts: [DemoVerdict] = []
        for disturbance in KeepChapter.Disturbance.allCases {
            let isAmid = disturbance == .maintenance || isThorough && disturbance != .controller
            let chapter = KeepChapter(
                disturbance: disturbance, kept: kept, controllerDies: isAmid,
                strikesAll: isThorough || disturbance == .kill)
            verdicts += await chapter.verdicts(on: stage)
        }
        let resets = await watch?.stop().count
        let touched = sessions.fates().values.count { !$0.isUntouched }
        let (bytes, wrong) = try await sessions.settle()
        await stage.say(
            "\(HumanText.bytes(UInt64(bytes))) sent, "
                + (wrong.isEmpty ? "all of it arrived" : "not all of it arrived: \(wrong.first ?? "")"))
        verdicts.append(
            DemoVerdict(
                rule: "KEEP-1", shown: "preserve: after all that: same connections, every byte, no reset",
                seen: "\(sessions.connections.count - touched) of \(sessions.connections.count) connections, "
                    + (wrong.isEmpty
                        ? "all \(HumanText.bytes(UInt64(bytes))) arrived" : "\(wrong.count) lack bytes: \(wrong[0])")
                    + (resets.map { ", \($0) RST seen at the hosts" } ?? ""),
                holds: touched == 0 && wrong.isEmpty && bytes > 0 && resets ?? 0 == 0))
        verdicts += programs.missing.map {
            DemoVerdict(rule: "KEEP-1", shown: "preserve: \($0.name)", seen: $0.why, verdict: .skip)
        }
        await sessions.close()
        return verdicts
    }
}

/// One disturbance of the fleet, and what must come of it.
protocol FleetChapter: Sendable {
    /// In the narration.
    var title: String { get }
    /// The rules it shows. They fail together when the chapter can't be played to its end.
    var rules: [String] { get }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict]
}

extension FleetChapter {
    /// The chapter's verdicts, also where it breaks off; none where the whole demo was.
    func verdicts(on stage: FleetStage) async -> [DemoVerdict] {
        guard !Task.isCancelled else { return [] }
        await stage.say(title)
        do {
            return try await perform(on: stage)
        } catch {
            guard !Task.isCancelled else { return [] }
            let reason = "\(error)".replacing("\n", with: " ")
            await stage.say("\(title): broken off: \(reason)")
            return rules.map { DemoVerdict(rule: $0, shown: title, seen: reason, verdict: .fail) }
        }
    }
}

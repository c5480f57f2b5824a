import Inspection
import Lab

/// The fleet's half of the demo: the disturbances that end long-running sessions, on its own gateway. It runs as
/// documented, or with `continuity: preserve`.
struct FleetAct: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case asDocumented = "disruptive"
        case preserve
    }

    let kind: Kind
    let labName: String
    let timeScale: Int
    let load: LongSessions.Load
    /// Whether each disturbance of `preserve` hits every instance in turn, and the controller is killed during each.
    var isThorough = false

    /// The default divisor of durations: 90 s take 6 s, and the 30 s between two keep-alives take 2 s.
    static let standardTimeScale = 15
    /// The load for a demo: 48 connections in a set.
    static let standardLoad = LongSessions.Load(moving: 8, quiet: 4)

    func configuration(of lab: Lab) -> String {
        lab.configuration(
            timeScale: timeScale,
            // The long cool-down keeps the autoscaler from scaling in: a demo has little traffic.
            extra: "continuity: \(kind.rawValue)\nfleet: { minCapacity: 2, maxCapacity: 5, coolDown: 1d }\n")
    }

    /// Runs the act in its own lab, which it sets up and takes down.
    func play(_ narrator: Narrator) async throws -> [DemoVerdict] {
        await narrator.say(
            "a new gateway, profile azure, continuity: \(kind.rawValue), durations divided by \(timeScale)")
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
            // Report the first error.
            try? await takeDown(lab)
            throw error
        }
    }

    /// Runs to its end even if this task was cancelled.
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
            "\(sessions.connections.count) connections and \(programs.count) sessions of ssh and psql, used by all chapters: "
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
                rule: "KEEP-1", shown: "preserve: after all chapters: same connections, every byte, no reset",
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

/// One disturbance of the fleet, and its expected effect.
protocol FleetChapter: Sendable {
    /// The chapter's name in the output.
    var title: String { get }
    /// The rules that it shows. All of them fail if the chapter can't run to its end.
    var rules: [String] { get }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict]
}

extension FleetChapter {
    /// The chapter's verdicts, also if it stops early. Empty if the whole demo was cancelled.
    func verdicts(on stage: FleetStage) async -> [DemoVerdict] {
        guard !Task.isCancelled else { return [] }
        await stage.say(title)
        do {
            return try await perform(on: stage)
        } catch {
            guard !Task.isCancelled else { return [] }
            let reason = "\(error)".replacing("\n", with: " ")
            await stage.say("\(title): stopped early: \(reason)")
            return rules.map { DemoVerdict(rule: $0, shown: title, seen: reason, verdict: .fail) }
        }
    }
}

import Glibc
import Inspection
import Lab

/// As documented: an instance dies, another one hangs. Both are replaced within seconds. Their sessions end without a RST,
/// and each end notices it only by its own keep-alives.
struct RecoveryChapter: FleetChapter {
    var title: String { "as documented: kill -9 of an instance, SIGSTOP of another" }
    var rules: [String] { ["RECOV-1", "RECOV-2"] }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict] {
        try await stage.scale(to: 3)
        let sessions = try await stage.open(firstPort: 8000)
        let owners = try stage.owners(of: sessions)
        let watch = try await stage.watchResets()
        // Prefer instances with sessions of both classes.
        let victims = try stage.fleet().instances.sorted { $0.sessions > $1.sessions }.prefix(2)
        var verdicts: [DemoVerdict] = []
        for (victim, (signal, name)) in zip(victims, [(SIGKILL, "kill -9"), (SIGSTOP, "SIGSTOP")]) {
            let recovery = try await Recovery.perform(on: stage, instance: victim, signal: signal)
            await stage.say("\(name) to instance \(victim.identifier): \(recovery.text)")
            verdicts.append(
                DemoVerdict(
                    rule: "RECOV-1", shown: "as documented: \(name) of an instance: replaced within 10 s",
                    seen: recovery.text, holds: recovery.isInTime))
        }
        let lost = Set(victims.map(\.identifier))
        _ = await eventually(within: .seconds(15), every: .milliseconds(200)) {
            let count = LossCount([sessions], owners: owners, leaving: lost)
            return count.timedOutAtBothEnds == count.affected
        }
        let count = LossCount([sessions], owners: owners, leaving: lost)
        let resets = await watch?.stop().count
        await sessions.close()
        await stage.say(
            "\(count.timedOutAtBothEnds) of \(count.affectedText) timed out at both ends, \(count.resetAtSomeEnd) were reset"
        )
        verdicts.append(
            DemoVerdict(
                rule: "RECOV-2", shown: "as documented: the sessions of both are lost without RST",
                seen: "\(count.timedOutAtBothEnds) of \(count.affectedText) ETIMEDOUT at both ends, "
                    + "\(resets.map { "\($0) RST" } ?? "\(count.resetAtSomeEnd) reset"); "
                    + "\(count.othersTouched) of \(count.others) others",
                holds: count.affected > 0 && count.timedOutAtBothEnds == count.affected && count.othersTouched == 0
                    && count.resetAtSomeEnd == 0 && resets ?? 0 == 0))
        return verdicts
    }
}

/// The time from the stop or kill of an instance until another one has replaced it.
struct Recovery {
    /// From the signal until as many instances serve as before, without the failed one.
    let seconds: Double
    let instance: Int

    /// Sends `signal` to the process of a serving instance, and calls `meanwhile` immediately afterwards.
    static func perform(
        on stage: FleetStage, instance: InstanceStatus, signal: Int32, meanwhile: () async throws -> Void = {}
    ) async throws -> Recovery {
        let before = try stage.fleet().serving
        let began = ContinuousClock.now
        guard instance.processIdentifier > 1, kill(instance.processIdentifier, signal) == 0 else {
            throw DemoError.timedOut(what: "the process of instance \(instance.identifier)", seen: instance.state)
        }
        try await meanwhile()
        try await stage.waitFor("a replacement of instance \(instance.identifier)", within: .seconds(20)) { status in
            let processes = status.servingProcesses
            return processes.count >= before && !processes.contains(instance.processIdentifier)
        }
        return Recovery(seconds: began.duration(to: .now).inSeconds, instance: instance.identifier)
    }

    /// RECOV-1.
    var isInTime: Bool { seconds <= 10 }

    var text: String { "another serves after \(HumanText.decimal(seconds, places: 1, keepsZeros: true)) s" }
}

import ArgumentParser
import Inspection
import Policy
import Sockets

/// `sluice check-up`
struct CheckUp: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-up",
        abstract:
            "Check whether the applications of this host survive the firewall: which sockets are at risk, what to set, and what to expect.",
        discussion: """
            Looks at all network namespaces of the host, containers included. Changes nothing. The exit code is 0 if no socket is at \
            risk, 1 if some are, 2 if they could not be looked at.
            """)

    @OptionGroup var judging: SocketJudgeOptions
    @OptionGroup var output: OutputOption

    /// The parts of the page, in order.
    static let sections: [any CheckUpSection] = [
        SocketSection(), AdviceSection(), ForecastSection(), NextSection(),
    ]

    func run() throws {
        // Without privileges the other namespaces are closed: then the own one is what can be seen.
        let scan = try SocketLook.orExit { () throws(SocketError) in try SocketScan.run(.all) }
        SocketLook.report(scan)
        let facts = CheckUpFacts(scan: scan, judge: judging.judge, profile: judging.profile)
        if output.isJSON {
            Console.output(try JSONText.of(CheckUpReport(facts)))
        } else {
            Console.page(Self.sections.compactMap { $0.text(facts, style: Console.style) }.joined(separator: "\n"))
        }
        let code = SocketLook.exitCode(facts.verdicts, isComplete: scan.unread.isEmpty)
        if code != .success { throw code }
    }
}

/// What the parts of a check-up know.
struct CheckUpFacts {
    let scan: SocketScan
    let judge: SocketJudge
    let profile: Profile
    /// The sockets with sessions.
    let views: [SocketView]
    let advice: [SocketAdvice]

    var verdicts: [SocketVerdict] { views.map(\.judgement.verdict) }

    init(scan: SocketScan, judge: SocketJudge, profile: Profile) {
        self.scan = scan
        self.judge = judge
        self.profile = profile
        views = scan.sockets.map { SocketView(socket: $0, judgement: scan.judgement($0, by: judge), scan: scan) }
            .filter(\.hasSession)
        advice = SocketAdvice.list(scan, judge: judge, only: scan.sockets)
    }
}

/// A part of the page that `sluice check-up` prints.
protocol CheckUpSection: Sendable {
    /// Lines that end with a newline; nil: it has nothing to report.
    func text(_ facts: CheckUpFacts, style: TextStyle) -> String?
}

/// How many sockets there are, and how many are at risk.
struct SocketSection: CheckUpSection {
    func text(_ facts: CheckUpFacts, style: TextStyle) -> String? {
        let timeouts = facts.judge.timeouts
        func setting(_ nanoseconds: UInt64) -> String { HumanText.setting(seconds: Double(nanoseconds) / 1e9) }
        let local = facts.views.count { $0.judgement.reason == .local }
        var text =
            "Firewall: profile \(facts.profile.rawValue), idle timeout \(setting(timeouts.northSouth)) north-south, "
            + "\(setting(timeouts.eastWest)) east-west.\n"
        text += "This host: \(SocketRendering.summary(facts.views))"
        text += local == 0 ? ".\n" : ", of which \(HumanText.count(local)) stay on this host.\n"
        return text
    }
}

/// What to set, program by program.
struct AdviceSection: CheckUpSection {
    func text(_ facts: CheckUpFacts, style: TextStyle) -> String? {
        facts.advice.isEmpty ? nil : SocketRendering.page(facts.advice, style: style)
    }
}

/// What to run next.
struct NextSection: CheckUpSection {
    func text(_ facts: CheckUpFacts, style: TextStyle) -> String? {
        if facts.verdicts.contains(where: \.isRisk) {
            return """
                next: 'sluice socket list --at-risk --all-netns' lists them. 'sluice socket fix --all-netns' shows how to correct them \
                without a restart. 'sluice socket guard add --cgroup PATH' does it for new connections.

                """
        }
        return facts.verdicts.contains(.unknown)
            ? "next: run it as root, to see the rest.\n" : style.good("No socket is at risk.\n")
    }
}

/// The check-up in JSON.
struct CheckUpReport: Encodable {
    let profile: String
    let northSouthTimeoutSeconds: Double
    let eastWestTimeoutSeconds: Double
    /// By verdict.
    let sockets: [String: Int]
    let advice: [SocketAdviceView]
    let forecast: [ForecastRow]

    init(_ facts: CheckUpFacts) {
        profile = facts.profile.rawValue
        northSouthTimeoutSeconds = Double(facts.judge.timeouts.northSouth) / 1e9
        eastWestTimeoutSeconds = Double(facts.judge.timeouts.eastWest) / 1e9
        sockets = Dictionary(
            uniqueKeysWithValues: SocketVerdict.allCases.map { verdict in
                (verdict.rawValue, facts.verdicts.count { $0 == verdict })
            })
        advice = facts.advice.map { SocketAdviceView($0) }
        forecast = ForecastRow.list(facts)
    }
}

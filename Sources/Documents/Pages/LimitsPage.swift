import FlowCore
import FlowLayout
import FlowLog
import Fleet
import Gateway
import Kernel
import Policy
import Store

/// docs/reference/limits.md
enum LimitsPage {
    static var text: String {
        Markdown.page(
            "How much is possible?",
            """
            Every limit has a number. What is over a limit is refused, and the message names the limit. [What Sluice does not \
            do](scope.md) is a page of its own.
            """,
            [
                section("A configuration", configuration), section("A network security group", groups),
                section("Sessions", sessions), section("The fleet", fleet), section("The HTTP API", api),
                section("Flow logs and history", records), section("Watched packets", watching),
            ])
    }

    private static func section(_ title: String, _ rows: [(String, String)]) -> String {
        Markdown.section(title, [Markdown.table(["what", "limit"], rows.map { [$0.0, $0.1] })])
    }

    private static let configuration = [
        ("bytes of the file", bytes(ConfigurationLimits.fileBytes)),
        ("zones", count(ConfigurationLimits.zones)),
        ("interfaces", count(ConfigurationLimits.interfaces)),
        ("interfaces with a number of \(count(SLUICE_DENSE_INTERFACES)) or more", count(SLUICE_MAX_FAR_INTERFACES)),
        ("forwarding rules", count(ConfigurationLimits.rules)),
        ("host rules", count(ConfigurationLimits.hostRules)),
        ("distinct prefixes on each side of the rules", count(ConfigurationLimits.prefixesPerSide)),
        ("distinct port ranges on each side of the rules", count(ConfigurationLimits.portRangesPerSide)),
        ("internal prefixes", count(ConfigurationLimits.internalPrefixes)),
        ("priorities of rules", range(ConfigurationLimits.priorities)),
        ("bytes of a rule's or zone's name", count(ConfigurationLimits.nameBytes)),
        ("bytes of a gateway's name", count(ConfigurationLimits.gatewayNameBytes)),
        ("bytes of an interface's name", count(ConfigurationLimits.interfaceNameBytes)),
        (
            "`timeScale`",
            "\(Int(ConfigurationLimits.timeScale.lowerBound)) to \(Int(ConfigurationLimits.timeScale.upperBound))"
        ),
    ]

    private static let groups = [
        ("groups in one configuration", count(GroupLimits.groups)),
        ("groups of one zone", "1"),
        ("rules of a group, both directions, without the default ones", count(GroupLimits.rules)),
        ("priorities", range(GroupLimits.priorities)),
        ("distinct prefixes on each side, without those of tags", count(GroupLimits.prefixesPerSide)),
        ("distinct port ranges on each side", count(GroupLimits.portRangesPerSide)),
        ("characters of a group's or rule's name", count(GroupLimits.nameLength)),
        ("members of an application security group", count(GroupLimits.applicationSecurityGroupMembers)),
        ("bytes of a file with groups or service tags", bytes(GroupLimits.fileBytes)),
        ("values in such a file", count(GroupLimits.fileValues)),
        ("groups and rules of one template, copy loops rolled out", count(GroupLimits.templateResources)),
        ("reported mistakes of one file", count(GroupLimits.mistakes)),
    ]

    private static let sessions = [
        ("sessions of the table (`capacity.sessions`)", range(ConfigurationLimits.capacitySessions)),
        ("different idle timeouts of rules", count(Int(SLUICE_MAX_TREATMENTS) / 8 - 1)),
        ("probes of an idle session before it is given up", count(ProbeTable.attempts)),
        ("sessions of one instance that are being probed", count(ProbeTable.capacity)),
        ("extension headers of an IPv6 packet", "8"),
    ]

    private static let fleet = [
        ("instances (`fleet.minCapacity`, `fleet.maxCapacity`)", range(ConfigurationLimits.instances)),
        (
            "throughput that can be configured for one instance",
            "1 Mbps to 100 Tbps"
        ),
        (
            "length of a maintenance window",
            "\(text(MaintenanceWindow.lengths.lowerBound)) to \(text(MaintenanceWindow.lengths.upperBound))"
        ),
        (
            "time without a heartbeat after which an instance is replaced (`recovery.after`)",
            "\(text(RecoveryTimes().unresponsiveAfter)), 2s to 1h"
        ),
        ("time in which a new instance must serve", text(RecoveryTimes().startTimeout)),
        ("clients of the control socket at the same time", count(ControlLimits.clients)),
        ("sessions of one request of the control socket", count(ControlLimits.sessionsPerRequest)),
    ]

    private static let api = {
        let limits = APISettings.Limits()
        return [
            ("bytes of a request's body (`api.limits.requestBytes`)", "\(count(limits.requestBytes)), settable"),
            ("bytes of a request's head; fields", "16 KiB; 100"),
            (
                "connections; the one that is idle longest is closed for the next",
                "\(count(limits.connections)), settable"
            ),
            ("streams of events", "\(count(limits.streams)), settable"),
            (
                "time that a client may take to send a request, and to take its answer",
                "\(text(limits.clientNanoseconds)), settable"
            ),
            (
                "requests a second of one address; twice as many in a burst",
                "\(count(limits.requestsPerSecond)), settable"
            ),
            ("sessions of one answer", "1,000; the `Link` header leads to the next"),
            ("characters of a token", "32 to 512"),
        ]
    }()

    private static let records = [
        (
            "denies a second that are logged; more are sampled, and the number left out is logged",
            count(DenySampling.usualPerSecond)
        ),
        ("time between two records of a long session", text(FlowLedger.unscaledIntervalNanoseconds)),
        (
            "bytes that wait for a disk that refuses them; then entries are lost, and counted",
            bytes(FlowLogWriter.pendingBytesLimit)
        ),
        ("events of the history that are read at once", count(HistoryReader.maximumEvents)),
    ]

    private static let watching = [
        ("bytes of a packet that are seen", count(SLUICE_WATCHED_BYTES)),
        ("processes that watch one gateway at the same time", "1"),
    ]

    // MARK: Numbers

    private static func count(_ number: some BinaryInteger) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            text = "\(digit)\(index > 0 && index % 3 == 0 ? "," : "")" + text
        }
        return text
    }

    private static func bytes(_ number: Int) -> String { "\(number >> 20) MiB" }
    private static func range(_ range: ClosedRange<Int>) -> String {
        "\(count(range.lowerBound)) to \(count(range.upperBound))"
    }
    private static func text(_ nanoseconds: UInt64) -> String { DurationText.format(nanoseconds: nanoseconds) }
}

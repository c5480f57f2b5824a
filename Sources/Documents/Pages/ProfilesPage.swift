import FlowCore
import Policy

/// docs/reference/profiles.md
enum ProfilesPage {
    static var text: String {
        Markdown.page(
            "What does each profile do?",
            """
            A profile is a version of the documented behaviour; [fidelity](fidelity.md) has the documents, sentence by sentence. `profile:` \
            in `sluice.yaml` chooses one. A value outside its range is refused with the range, the profile and the key.
            """,
            [
                Markdown.table(
                    [""] + Profile.allCases.map { Markdown.code($0.rawValue) },
                    rows.map { row in [row.name] + Profile.allCases.map(row.value) }),
                """
                North-south: at least one end is outside the internal prefixes (`internalPrefixes`). East-west: both ends are inside. A rule \
                can give its sessions another timeout or ending (`idleTimeout`, `onIdle`) in every profile; outside `custom` the log names \
                it as an exception. `timeScale` divides every duration, for demonstrations and tests; what is shown is marked as scaled.
                """,
            ])
    }

    private static let rows: [(name: String, value: @Sendable (Profile) -> String)] = [
        ("north-south idle timeout", { text($0.defaults.northSouth) }),
        ("settable (`northSouthIdleTimeout`)", { range($0.northSouthRange) }),
        ("idle, north-south", { ending($0.defaults.northSouthOnIdle) }),
        ("east-west idle timeout", { text($0.defaults.eastWest) }),
        (
            "settable (`eastWestIdleTimeout`)",
            {
                $0.isCustom
                    ? range(Profile.customRange) : $0.eastWestFollowsNorthSouth ? "no: it is the north-south one" : "no"
            }
        ),
        ("idle, east-west", { ending($0.defaults.eastWestOnIdle) }),
        ("`idleReset`", { $0.isCustom ? "settable" : "fixed" }),
        ("half-open timeout", { custom($0, $0.defaults.halfOpen) }),
        ("closing timeout (one FIN)", { custom($0, $0.defaults.closing) }),
        ("closed timeout", { custom($0, $0.defaults.closed) }),
        ("tombstone after a reset", { text($0.defaults.tombstone) }),
        (
            "UDP; ICMP; other protocols",
            { [$0.defaults.udp, $0.defaults.icmp, $0.defaults.other].map(text).joined(separator: "; ") }
        ),
        ("drain: refuse new sessions", { custom($0, $0.drain.refuse) }),
        (
            "drain: then reset the rest",
            { $0.drain.reset == 0 ? "none: dropped without a RST" : custom($0, $0.drain.reset) }
        ),
    ]

    private static func text(_ nanoseconds: UInt64) -> String { DurationText.format(nanoseconds: nanoseconds) }

    private static func range(_ range: ClosedRange<UInt64>) -> String {
        "\(text(range.lowerBound)) to \(text(range.upperBound))"
    }

    private static func custom(_ profile: Profile, _ nanoseconds: UInt64) -> String {
        text(nanoseconds) + (profile.isCustom ? ", settable" : "")
    }

    private static func ending(_ onIdle: OnIdle) -> String {
        switch onIdle {
        case .reset: "RST to both ends"
        case .silent: "silent"
        case .probe: "probe, then RST"
        }
    }
}

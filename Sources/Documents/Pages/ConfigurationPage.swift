import Policy

/// docs/reference/configuration.md
enum ConfigurationPage {
    static var text: String {
        Markdown.page(
            "Which keys does sluice.yaml have?",
            """
            `sluice config check FILE` reports every mistake with file, line, column and key. `sluice reload` applies a change: all of it, or \
            nothing. `sluice config schema` writes the JSON Schema, for editors. Durations are like `90s`, `4m`, `1m30s`, `2h`, `7d`, \
            `500ms`. A bare `*` begins an alias in YAML: write it in quotes. [Profiles](profiles.md) shows which keys a profile fixes, \
            [limits](limits.md) how much a file may hold.
            """,
            [
                Markdown.section(
                    "A whole file", [Markdown.block("yaml", ConfigurationExamples.whole)])
            ]
                + ConfigurationReference.Place.allCases.map { place in
                    Markdown.section(
                        title(place), [table(place), Markdown.block("yaml", ConfigurationExamples.text(place))])
                })
    }

    private static func title(_ place: ConfigurationReference.Place) -> String {
        place == .top ? "The top of the file" : Markdown.code(place.rawValue)
    }

    private static func table(_ place: ConfigurationReference.Place) -> String {
        let keys = ConfigurationReference.keys.filter { $0.place == place }
        return Markdown.table(
            ["key", "value", "default", "what it does"],
            keys.map { [Markdown.code($0.name), $0.value, $0.usual, $0.meaning] })
    }
}

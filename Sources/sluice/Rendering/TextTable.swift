/// A table for people: columns aligned, two spaces between them, no lines.
///
/// If the terminal is narrower than the table, no line wraps. First the columns that fold are folded. Then columns that can
/// be spared are left out, and named below the table. Then the widest columns are folded.
struct TextTable {
    enum Alignment { case left, right }

    struct Column {
        var title: String
        var alignment: Alignment
        /// If there is no room for all columns, the highest value is left out first; 0: it always stays.
        var spare = 0
        /// Whether its text may take several lines.
        var folds = false

        static func left(_ title: String, spare: Int = 0, folds: Bool = false) -> Column {
            Column(title: title, alignment: .left, spare: spare, folds: folds)
        }
        static func right(_ title: String, spare: Int = 0) -> Column {
            Column(title: title, alignment: .right, spare: spare)
        }
    }

    /// Minimum width of a column that folds. Before it gets narrower, other columns are left out.
    private static let foldedWidth = 24
    /// Minimum width of other columns, which are folded only if nothing else helps.
    private static let minimumWidth = 4
    private static let gap = 2

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row. It must have a cell for every column.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells in a table of \(columns.count) columns")
        rows.append(cells)
    }

    /// The table as lines, the column heads first.
    ///
    /// - Parameter style: whether the column heads are highlighted, and the width.
    func lines(style: TextStyle = .plain) -> [String] {
        let layout = layout(limit: style.width)
        var lines = line(columns.map(\.title), layout).map(style.bold)
        for row in rows { lines += line(row, layout) }
        let left = columns.indices.filter { index in !layout.contains { $0.column == index } }
        if !left.isEmpty {
            let names = left.map { columns[$0].title }.joined(separator: ", ")
            lines += TextFold.lines(
                "(no room for \(names); a wider terminal, a pipe or --json shows all)", width: style.width)
        }
        return lines
    }

    func text(style: TextStyle = .plain) -> String { lines(style: style).map { $0 + "\n" }.joined() }

    private struct Place {
        var column: Int
        var width: Int
    }

    /// The columns that fit, and their widths.
    private func layout(limit: Int?) -> [Place] {
        var places = columns.indices.map { index in
            Place(
                column: index,
                width: rows.reduce(columns[index].title.count) { max($0, $1[index].count) })
        }
        guard let limit else { return places }
        func excess() -> Int { places.reduce(-Self.gap) { $0 + $1.width + Self.gap } - limit }
        func fold(to minimum: Int, where mayFold: (Column) -> Bool) {
            while excess() > 0,
                let widest = places.indices.filter({ mayFold(columns[places[$0].column]) && places[$0].width > minimum }
                )
                .max(by: { places[$0].width < places[$1].width })
            {
                // Only as narrow as the next widest column, so that columns of equal width shrink together.
                let others = places.indices.filter { $0 != widest && mayFold(columns[places[$0].column]) }
                    .map { places[$0].width }.filter { $0 < places[widest].width }
                let floor = max(minimum, others.max() ?? minimum, places[widest].width - excess())
                places[widest].width = max(minimum, min(floor, places[widest].width - 1))
            }
        }
        fold(to: Self.foldedWidth, where: \.folds)
        while excess() > 0,
            let first = places.indices.filter({ columns[places[$0].column].spare > 0 })
                .max(by: { columns[places[$0].column].spare < columns[places[$1].column].spare })
        {
            places.remove(at: first)
            // If there is unused room now, folded columns get it back.
            let spared = -excess()
            if spared > 0 { widen(&places, by: spared) }
        }
        fold(to: Self.minimumWidth) { _ in true }
        return places
    }

    private func widen(_ places: inout [Place], by spared: Int) {
        guard let index = places.firstIndex(where: { columns[$0.column].folds }) else { return }
        let wanted = rows.reduce(0) { max($0, $1[places[index].column].count) }
        places[index].width = min(max(wanted, places[index].width), places[index].width + spared)
    }

    /// A row, on several lines if a cell is folded.
    private func line(_ cells: [String], _ places: [Place]) -> [String] {
        let folded = places.map { TextFold.cell(cells[$0.column], width: $0.width) }
        return (0..<(folded.map(\.count).max() ?? 0)).map { number in
            var text = ""
            for (index, place) in places.enumerated() {
                let cell = number < folded[index].count ? folded[index][number] : ""
                let padding = String(repeating: " ", count: place.width - cell.count)
                if index > 0 { text += String(repeating: " ", count: Self.gap) }
                text += columns[place.column].alignment == .left ? cell + padding : padding + cell
            }
            while text.last == " " { text.removeLast() }
            return text
        }
    }
}

/// An SVG picture of boxes, arrows and words, readable in light and dark.
struct Drawing {
    /// What a shape means, and so its colours.
    enum Tone: String {
        case plain, good, warning, bad, quiet
    }

    private let width: Int
    private let height: Int
    private let title: String
    private var shapes: [String] = []

    /// - Parameter title: for those who do not see the picture.
    init(width: Int, height: Int, title: String) {
        self.width = width
        self.height = height
        self.title = title
    }

    /// A box with centred lines; the first one is bold.
    mutating func box(_ area: Area, _ lines: [String], tone: Tone = .plain) {
        shapes.append(
            "<rect class=\"\(tone.rawValue)\" x=\"\(area.x)\" y=\"\(area.y)\" width=\"\(area.width)\" height=\"\(area.height)\" rx=\"6\"/>"
        )
        let first = area.middle.y - 9 * (lines.count - 1) + 5
        for (index, line) in lines.enumerated() {
            text(line, at: Point(x: area.middle.x, y: first + 18 * index), style: index == 0 ? "name" : "")
        }
    }

    /// A line of text; `style` is a class of the style sheet.
    mutating func text(_ text: String, at point: Point, style: String = "", anchor: String = "middle") {
        let name = style.isEmpty ? "" : " class=\"\(style)\""
        shapes.append(
            "<text\(name) x=\"\(point.x)\" y=\"\(point.y)\" text-anchor=\"\(anchor)\">\(Self.escaped(text))</text>")
    }

    /// An arrow by way of points, the last of which it points at.
    mutating func arrow(_ points: Point..., dashed: Bool = false) {
        let path = points.enumerated().map { "\($0.offset == 0 ? "M" : "L")\($0.element.x) \($0.element.y)" }
        shapes.append(
            "<path class=\"arrow\(dashed ? " dashed" : "")\" d=\"\(path.joined(separator: " "))\" marker-end=\"url(#head)\"/>"
        )
    }

    /// A curved arrow.
    mutating func curve(from start: Point, by bend: Point, to end: Point) {
        shapes.append(
            "<path class=\"arrow\" d=\"M\(start.x) \(start.y) Q\(bend.x) \(bend.y) \(end.x) \(end.y)\" marker-end=\"url(#head)\"/>"
        )
    }

    mutating func line(from start: Point, to end: Point) {
        shapes.append("<path class=\"arrow\" d=\"M\(start.x) \(start.y) L\(end.x) \(end.y)\"/>")
    }

    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" role="img">
        <title>\(Self.escaped(title))</title>
        <!-- Made by \(GeneratedDocument.command). -->
        <style>
        svg { background: #ffffff; font: 13px "Segoe UI", "DejaVu Sans", Arial, sans-serif; }
        text { fill: #1f2328; } .name { font-weight: 600; } .small { font-size: 11px; fill: #59636e; } .heading { font-size: 15px; font-weight: 600; } .drop { font-size: 11px; fill: #cf222e; }
        rect { stroke-width: 1.5; } .plain { fill: #f6f8fa; stroke: #818b98; } .good { fill: #dafbe1; stroke: #1a7f37; }
        .warning { fill: #fff8c5; stroke: #9a6700; } .bad { fill: #ffebe9; stroke: #cf222e; } .quiet { fill: none; stroke: #818b98; stroke-dasharray: 5 4; }
        .arrow { fill: none; stroke: #59636e; stroke-width: 1.5; } .dashed { stroke-dasharray: 5 4; } #head path { fill: #59636e; }
        @media (prefers-color-scheme: dark) {
        svg { background: #0d1117; } text { fill: #f0f6fc; } .small { fill: #9198a1; } .drop { fill: #ff7b72; }
        .plain { fill: #151b23; stroke: #656c76; } .good { fill: #12261e; stroke: #3fb950; }
        .warning { fill: #272115; stroke: #d29922; } .bad { fill: #2d1618; stroke: #f85149; } .quiet { fill: none; stroke: #656c76; }
        .arrow { stroke: #9198a1; } #head path { fill: #9198a1; }
        }
        </style>
        <defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 L10 5 L0 10 z"/></marker></defs>
        \(shapes.joined(separator: "\n"))
        </svg>

        """
    }

    private static func escaped(_ text: String) -> String {
        text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"]["\($0)"] ?? "\($0)" }.joined()
    }
}

/// In pixels from the upper left corner.
struct Point: Equatable {
    var x: Int
    var y: Int
}

/// A rectangle in pixels.
struct Area: Equatable {
    var x: Int
    var y: Int
    var width: Int
    var height: Int

    var middle: Point { Point(x: x + width / 2, y: y + height / 2) }
    var left: Point { Point(x: x, y: y + height / 2) }
    var right: Point { Point(x: x + width, y: y + height / 2) }
    var top: Point { Point(x: x + width / 2, y: y) }
    var bottom: Point { Point(x: x + width / 2, y: y + height) }
}

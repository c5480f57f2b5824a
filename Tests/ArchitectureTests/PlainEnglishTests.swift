import Foundation
import Testing

/// A phrase that many readers do not know in this field, and what to write instead.
private struct Phrase: Sendable {
    /// A regular expression. Case is ignored, and it matches whole words only.
    let pattern: String
    let instead: String

    init(_ pattern: String, _ instead: String) {
        self.pattern = pattern
        self.instead = instead
    }
}

/// Phrases that are always wrong here. A phrase that has a correct use in this field does not belong in this table.
private let phrases = [
    Phrase("tells?|untold", "reports, says, returns, shows"),
    Phrase("told", "is reported, is logged, receives, was asked"),
    Phrase("tell(ing)? apart", "distinguish"),
    Phrase("in silence|without a word", "without a RST, without a heartbeat"),
    Phrase("silence (after|until|for) which", "time without a heartbeat after which"),
    Phrase("the books|books of its own", "the accounting"),
    Phrase("look(s|ed|ing)? after", "age, own, handle"),
    Phrase("(leaves?|left|leaving) \\w+ alone", "does not change, does not touch"),
    Phrase("machine to itself", "when nothing else runs"),
    Phrase("no order to", "does not apply to"),
    Phrase("at home", "in its own namespace"),
    Phrase("(become|becomes|became|come) of", "what happens to, the result of"),
    Phrase("com(e|es|ing) to (nothing|serve|the same)", "has no value, starts to serve, is equal"),
    Phrase("stands? for nothing", "has no value"),
    Phrase("(is|are) good for", "has a capacity of"),
    Phrase("goes by (it|them|the|its)|go by (it|them|the|its)", "uses, depends on, refers to"),
    Phrase("(is|are|was) held against", "is compared with"),
    Phrase("by a clock", "wall clock time"),
    Phrase("way out leads?|the way out", "the route, the egress interface"),
    Phrase("turns? of (a|the|its) loop|loop has(n't| not) turned|loop turn(s|ed)", "iteration of the loop"),
    Phrase("a rest|rests", "a pause, is idle"),
    Phrase("mend(s|ed)?", "correct, repair"),
    Phrase("anew", "again"),
    Phrase("amid", "during"),
    Phrase("befall(s|en)?", "happen to"),
    Phrase("to and fro", "in both directions"),
    Phrase("ever (new|other)", "always new, changing"),
    Phrase("(sees|seen) to (it|them|the|its|what|only)", "handles"),
    Phrase("(its|their) (kin|like)", "related, similar"),
    Phrase("gives? way to", "is replaced by"),
    Phrase("(is|are|be) let go", "is disconnected, leaves"),
    Phrase("of equals|among equals", "ties go to"),
    Phrase("buried", "reaped"),
    Phrase("in vain", "without success"),
    Phrase("by why", "by reason"),
    Phrase("(begun|begin|begins|made) (it )?new again", "created again"),
    Phrase("(it|that|which|this|text|file|path|word) is no(?! longer| more| other)", "is not a"),
]

/// The modules that are checked. Add a module when its comments and messages are in plain English.
private let modules = [
    "Sources/Policy", "Sources/Fleet", "Sources/FlowLog", "Sources/Inspection", "Sources/API", "Sources/Store",
    "Sources/Simulation", "Sources/Forecast", "Tests/ForecastTests", "Sources/Lab", "Sources/LabEndpoint",
    "Sources/Capture", "Sources/Telemetry", "Sources/sluice", "Sources/sluice-api", "Sources/sluice-relay",
    "Sources/Relay", "Tests/RelayTests", "examples", "Benchmarks", "packaging", "CHANGELOG.md", "Tests/PolicyTests",
    "Tests/FleetTests", "Tests/FlowLogTests", "Tests/SimulationTests", "Tests/StoreTests", "Tests/APITests",
    "Tests/ArchitectureTests/ArchitectureTests.swift", "Tests/ArchitectureTests/FidelityTests.swift",
    "Tests/ArchitectureTests/NameTests.swift", "Tests/ArchitectureTests/SourceTree.swift",
    "Tests/ArchitectureTests/WalkTests.swift",
    "Sources/FlowCore", "Sources/FlowLayout", "KernelProgram", "Sources/Kernel", "Sources/KernelObject", "Plugins",
    "Sources/Documents", "run", "test", "prepare.sh", "package", "kernels", "bench",
    "Sources/Gateway", "Tests/GatewayTests", "Tests/KernelTests", "Tests/DatapathTests", "Tests/FlowCoreTests",
    "Tests/FlowModel", "Tests/KernelMatrix", "Tests/EndTests", "Tests/LabTests", "Tests/FleetLiveTests",
    "Tests/TestSupport", "Tests/CaptureTests", "Tests/CommandTests", "Tests/BenchTests", "Tests/PackageTests",
    "Tests/DocumentTests", "Tests/PackageLife", "Tests/Machines", "Tests/PageTests", "Tests/ApplicationTests", "docs",
    "README.md", "ARCHITECTURE.md", "SocketProgram", "Sources/SocketLayout", "Sources/SocketCore", "Sources/Sockets",
    "Tests/SocketTests", "Sources/SluiceResilience", "Sources/SluiceResilienceNIO", "Tests/ResilienceTests",
    "Sources/Resume", "Sources/sluice-resume", "Tests/ResumeTests", "Sources/ResumeSimulation",
]

@Suite("Plain English")
struct PlainEnglishTests {
    @Test("comments and messages use the field's words", arguments: modules)
    func words(module: String) throws {
        let checks = try phrases.map { (try NSRegularExpression(phrase: $0.pattern), $0) }
        let files = try files(of: module)
        #expect(!files.isEmpty, "\(module) does not exist: remove it from the list")
        for (path, text) in files {
            for line in proseLines(text, isCode: isCode(path)) {
                for (expression, phrase) in checks {
                    guard let found = expression.firstMatch(in: line.prose) else { continue }
                    Issue.record("\(path):\(line.number): '\(found)': write instead: \(phrase.instead)")
                }
            }
        }
    }

    @Test("the check reads comments and messages, and nothing else")
    func prose() throws {
        let source = """
            let told = 1  // a comment
            let text = "a \\(told("x")) message" + "b"
            /// A document // comment
            let more = \"\"\"
                lines of \\(told) text
                \"\"\"
            """
        #expect(
            proseLines(source, isCode: true).map { "\($0.number): \($0.prose)" } == [
                "1:  a comment", "2: a   message b ", "3: / A document // comment", "5:     lines of   text",
            ])
        #expect(proseLines("a\n\nb", isCode: false).map(\.number) == [1, 3])
    }

    @Test("the check finds a phrase, and does not find it within other words or in its correct use")
    func matching() throws {
        func found(_ text: String) throws -> [String] {
            try phrases.compactMap { try NSRegularExpression(phrase: $0.pattern).firstMatch(in: text) }
        }
        #expect(try found("The kernel tells who it is that looks after them") == ["tells", "looks after"])
        #expect(try found("Told is what a word is no file of") == ["Told", "word is no"])
        #expect(try found("intelligence, retold, amidst, there is no file, it is no longer used, the rest").isEmpty)
    }
}

extension NSRegularExpression {
    fileprivate convenience init(phrase: String) throws {
        try self.init(pattern: "\\b(?:\(phrase))\\b", options: .caseInsensitive)
    }

    fileprivate func firstMatch(in text: String) -> String? {
        let whole = NSRange(text.startIndex..., in: text)
        return firstMatch(in: text, range: whole).flatMap { Range($0.range, in: text) }.map { String(text[$0]) }
    }
}

private func isCode(_ path: String) -> Bool {
    ["swift", "c", "h", "js"].contains { path.hasSuffix("." + $0) }
}

/// The text for people on each line: in code its comments and string literals, elsewhere the whole line.
private func proseLines(_ text: String, isCode: Bool) -> [(number: Int, prose: String)] {
    var lines: [(number: Int, prose: String)] = []
    var isInLongText = false
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        var prose = isCode ? "" : String(line)
        if isCode, line.contains("\"\"\"") {
            isInLongText.toggle()
        } else if isCode {
            prose = isInLongText ? withoutInterpolation(line) : proseOfCode(line)
        }
        if prose.contains(where: { !$0.isWhitespace }) { lines.append((index + 1, prose)) }
    }
    return lines
}

/// The comment and the string literals of a line of Swift, C or JavaScript, each followed by a blank.
private func proseOfCode(_ line: Substring) -> String {
    let trimmed = line.drop { $0 == " " }
    if trimmed.hasPrefix("*") || trimmed.hasPrefix("/*") { return String(line) }
    var rest = line
    var prose = ""
    while let character = rest.first {
        if rest.hasPrefix("//") { return prose + rest.dropFirst(2) }
        rest.removeFirst()
        guard character == "\"" || character == "`" else { continue }
        var content = ""
        var depth = 0
        while let next = rest.first, next != character || depth > 0 {
            rest.removeFirst()
            if next == "\\" || next == "$", let opening = rest.first, opening == "(" || opening == "{" {
                depth += 1
                rest.removeFirst()
                content += " "
            } else if depth > 0 {
                if next == "(" || next == "{" { depth += 1 }
                if next == ")" || next == "}" { depth -= 1 }
            } else if next == "\\" {
                rest = rest.dropFirst()
            } else {
                content.append(next)
            }
        }
        rest = rest.dropFirst()
        prose += content + " "
    }
    return prose
}

/// A line of a long string literal, with a blank instead of each interpolation.
private func withoutInterpolation(_ line: Substring) -> String {
    String(line.replacing(/\\\((?:[^()]|\([^()]*\))*\)/, with: " "))
}

/// Text files of a module, by their paths in the repository. Embedded data, such as pictures, is skipped.
private func files(of module: String) throws -> [(path: String, text: String)] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let base = root.appending(path: module)
    guard let paths = FileManager.default.enumerator(atPath: base.path()) else { return [] }
    var names = paths.compactMap { $0 as? String }.map { "\(module)/\($0)" }.sorted()
    if names.isEmpty { names = [module] }
    return names.compactMap { name in
        guard !name.hasSuffix(".svg"), !name.hasSuffix("copyright"),
            let text = try? String(contentsOf: root.appending(path: name), encoding: .utf8)
        else { return nil }
        return (name, text)
    }
}

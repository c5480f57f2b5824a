import Foundation
import Testing

/// Links, titles and the index.
@Suite struct LinkTests {
    private struct Link {
        var target: String
        var line: Int
    }

    @Test("every relative link of every page leads to a file, and its anchor to a heading")
    func links() throws {
        var count = 0
        for page in Pages.pages() {
            let folder = URL(fileURLWithPath: page).deletingLastPathComponent().relativePath
            for link in Self.links(in: try Pages.text(page)) where !link.target.contains("://") {
                count += 1
                let parts = link.target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let path = parts[0].isEmpty ? page : Self.resolved(folder, String(parts[0]))
                #expect(Pages.exists(path), "\(page):\(link.line) links to \(path), which does not exist")
                guard parts.count == 2, path.hasSuffix(".md"), Pages.exists(path) else { continue }
                let anchors = Self.anchors(of: try Pages.text(path))
                #expect(
                    anchors.contains(String(parts[1])),
                    "\(page):\(link.line) links to #\(parts[1]) of \(path), which has \(anchors.sorted())")
            }
        }
        #expect(count > 100)
    }

    @Test("PKG-1 documents that manual pages, scripts and comments name exist")
    func references() throws {
        var files = ["bench", "package", "test", "run", "kernels"]
        for folder in ["packaging", "Sources", "KernelProgram"] {
            let paths = FileManager.default.enumerator(atPath: "\(Pages.root.path)/\(folder)")?.allObjects ?? []
            files += paths.compactMap { $0 as? String }.map { "\(folder)/\($0)" }
        }
        var count = 0
        for file in files {
            // Skips folders and binary files.
            guard let text = try? Pages.text(file) else { continue }
            let named = text.matches(
                of: /(?:^|[\s(`'])(docs\/[A-Za-z0-9\/-]+(?:\.md)?)/)
            for match in named where !match.0.hasPrefix("://") {
                count += 1
                #expect(Pages.exists(String(match.1)), "\(file) names \(match.1), which does not exist")
            }
            for match in text.matches(of: /\/usr\/share\/doc\/sluice\/([A-Za-z0-9\/-]+\.md)/) {
                count += 1
                #expect(Pages.exists(String(match.1)), "\(file) names \(match.1), which does not exist")
            }
        }
        #expect(count >= 8)
    }

    @Test("the index links to every page of docs")
    func index() throws {
        let targets = Set(Self.links(in: try Pages.text("docs/README.md")).map { "docs/\($0.target)" })
        for page in Pages.pages(in: "docs") where page != "docs/README.md" {
            #expect(targets.contains(page), "docs/README.md does not link to \(page)")
        }
    }

    @Test("a page answers one question, which is its title")
    func titles() throws {
        for folder in ["docs/how-to", "docs/reference", "docs/explanation"] {
            for page in Pages.pages(in: folder) {
                let titles = Self.headings(of: try Pages.text(page)).filter { $0.level == 1 }.map(\.text)
                #expect(titles.count == 1 && titles[0].hasSuffix("?"), "\(page): \(titles)")
            }
        }
    }

    @Test("the README has at most one and a half screens")
    func length() throws {
        #expect(try Pages.text("README.md").split(separator: "\n", omittingEmptySubsequences: false).count <= 91)
    }

    @Test("the reader of links and headings skips code, and makes the same anchors as GitHub")
    func readers() {
        let text = """
            # A `b`, c: d_e?
            see [x](y.md#z) and ![p](q.svg), `[not](this)`
            ```
            # no heading
            [no](link)
            ```
            ## A `b`, c: d_e?
            """
        #expect(Self.links(in: text).map(\.target) == ["y.md#z", "q.svg"])
        #expect(Self.anchors(of: text) == ["a-b-c-d_e", "a-b-c-d_e-1"])
        #expect(Self.resolved("docs/how-to", "../reference/a.md") == "docs/reference/a.md")
    }

    // MARK: Markdown

    /// The lines outside of fenced blocks, by number.
    private static func prose(_ text: String) -> [(number: Int, line: Substring)] {
        var isCode = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            if line.hasPrefix("```") {
                isCode.toggle()
                return nil
            }
            return isCode ? nil : (index + 1, line)
        }
    }

    private static func links(in text: String) -> [Link] {
        prose(text).flatMap { number, line in
            line.replacing(/`[^`]*`/, with: "").matches(of: /\]\(([^)\s]+)\)/).map {
                Link(target: String($0.1), line: number)
            }
        }
    }

    private static func headings(of text: String) -> [(level: Int, text: String)] {
        prose(text).compactMap { _, line in
            let level = line.prefix { $0 == "#" }.count
            guard (1...6).contains(level), line.dropFirst(level).first == " " else { return nil }
            return (level, String(line.dropFirst(level + 1)))
        }
    }

    private static func anchors(of text: String) -> Set<String> {
        var seen: [String: Int] = [:]
        var anchors: Set<String> = []
        for heading in headings(of: text) {
            let kept = heading.text.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
            let anchor = kept.replacing(" ", with: "-")
            let number = seen[anchor, default: 0]
            seen[anchor] = number + 1
            anchors.insert(number == 0 ? anchor : "\(anchor)-\(number)")
        }
        return anchors
    }

    /// A path relative to a folder, from the root.
    private static func resolved(_ folder: String, _ path: String) -> String {
        var parts = folder == "." ? [] : folder.split(separator: "/").map(String.init)
        for part in path.split(separator: "/") {
            switch part {
            case ".": break
            case "..": if parts.isEmpty { parts.append("..") } else { parts.removeLast() }
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}

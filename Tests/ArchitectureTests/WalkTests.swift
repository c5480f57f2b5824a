import Foundation
import Testing

/// A function and its file, in the notation of ARCHITECTURE.md: `` `Type.function` (`File.swift`) ``.
struct NamedFunction: Equatable {
    let function: String
    let file: String
}

/// The functions that a text names with their files.
func namedFunctions(_ text: String) -> [NamedFunction] {
    // A line break may be between the two.
    text.matches(of: /`([A-Za-z_][\w.]*)`\s+\(`([\w+.\/]+\.(?:swift|c|h))`\)/).map {
        NamedFunction(function: String($0.1), file: String($0.2))
    }
}

/// Whether a file defines a function. If a type is named, the file must contain its name too.
func defines(_ function: String, in file: SourceFile) throws -> Bool {
    let parts = function.split(separator: ".")
    guard let name = parts.last else { return false }
    if file.path.hasSuffix(".swift") {
        guard try file.text.contains(Regex("\\b(func|init|var) \(name)\\b")) else { return false }
        return try parts.dropLast().allSatisfy { try file.text.contains(Regex("\\b\($0)\\b")) }
    }
    // A definition in C begins at the start of a line, and has a body.
    return try file.text.contains(Regex("(?m)^\\S[^;{}]*\\b\(name)\\([^;{}]*\\)\\s*\\{"))
}

@Suite("The packet path and the walks of ARCHITECTURE.md")
struct WalkTests {
    /// The text below a heading of the second level.
    private func section(_ title: String) throws -> String {
        let sections = try SourceTree.text("ARCHITECTURE.md").split(separator: "\n## ")
        let found = try #require(sections.first { $0.hasPrefix(title + "\n") }, "ARCHITECTURE.md has no '## \(title)'")
        return String(found)
    }

    private func check(_ functions: [NamedFunction]) throws {
        let files = try SourceTree.files()
        for named in functions {
            let found = files.filter { $0.path.hasSuffix("/" + named.file) }
            guard let file = found.first, found.count == 1 else {
                Issue.record("\(named.file): \(found.count) files of this name, for \(named.function)")
                continue
            }
            if try !defines(named.function, in: file) {
                Issue.record("\(file.path) does not define \(named.function): correct ARCHITECTURE.md")
            }
        }
    }

    @Test("every function of the packet path's table is in its file")
    func table() throws {
        let rows = try section("The packet path, step by step").split(separator: "\n").filter { $0.hasPrefix("| ") }
        #expect(rows.count > 30)
        // Every row except the heading names a function.
        for row in rows.dropFirst() where namedFunctions(String(row)).isEmpty {
            Issue.record("this row does not name a function: \(row)")
        }
        try check(rows.flatMap { namedFunctions(String($0)) })
    }

    @Test("every function of the three walks is in its file, and none is named without its file")
    func walks() throws {
        let text = try section("Three walks")
        #expect(text.ranges(of: "\n### ").count == 3)
        for walk in text.split(separator: "\n### ").dropFirst() {
            let hops = walk.matches(of: /→/).count
            let functions = namedFunctions(String(walk))
            #expect(functions.count > 50 && functions.count >= hops)
            try check(functions)
        }
        let inFiles = text.matches(of: /\(`[^`]+`\)/).count
        #expect(inFiles == namedFunctions(text).count, "a hop is not written as `function` (`File.swift`)")
    }

    @Test("each function that the verifier checks separately has a body of the same stem, and a row in the table")
    func stems() throws {
        let table = try section("The packet path, step by step")
        let functions = try SourceTree.text("KernelProgram/include/KernelFunctions.h")
        let parts = try #require(functions.split(separator: "// Functions that are verified separately").last)
        let names = parts.matches(of: /\b(sluice_\w+)\(/).map { String($0.1) }
        #expect(names.count > 15)
        let bodies = try SourceTree.files(in: ["KernelProgram"]).map(\.text).joined()
        for name in names {
            #expect(table.contains("`\(name)`"), "\(name) has no row")
            // The body fills an event, and the C function sends it.
            if name != "sluice_emit_event" { #expect(bodies.contains("@c(\(name)_body)"), "\(name) has no body") }
        }
    }

    @Test("the reader finds a hop that is broken over two lines, and skips a function that is only called")
    func reader() throws {
        let text = "1. So. `A.b` (`C+D.swift`) → `sluice_e`\n   (`include/f.bpf.h`), `g`"
        #expect(
            namedFunctions(text) == [
                NamedFunction(function: "A.b", file: "C+D.swift"),
                NamedFunction(function: "sluice_e", file: "include/f.bpf.h"),
            ])
        let swift = SourceFile(path: "C.swift", room: "", text: "struct A {\n    mutating func b() { c() }\n}")
        #expect(try defines("A.b", in: swift) && !defines("A.c", in: swift) && !defines("X.b", in: swift))
        let c = SourceFile(
            path: "f.h", room: "", text: "int one(int a);\nint two(\n    int a) {\n    return three(a);\n}")
        #expect(try !defines("one", in: c) && defines("two", in: c) && !defines("three", in: c))
    }
}

import Foundation
import Testing

/// Type names that two modules declare, each with the reason why.
private let sharedTypeNames = [
    "FleetCommand": "a command to the fleet's machine, and the commands below `sluice fleet` that send it"
]

/// Files, or folders, that are not named after what they declare, each with the reason why.
private let freeFileNames = [
    "Sources/API/Routes/": "a file has the routes of one subject, all of them extensions of Service",
    "Sources/FlowLog/Reading/FlowLogQuery.swift": "a filter and the sums over its tuples: together a query",
    "Sources/Inspection/Reports/SmallReports.swift": "reports of a few lines each",
    "Sources/Inspection/Status/InstanceObservation.swift": "how a part of the status is observed",
    "Sources/Lab/LabFiles.swift": "functions for small files",
    "Sources/Lab/ProcessLife.swift": "functions that check whether a process lives",
    "KernelProgram/Judgement.swift": "the Swift bodies of the functions of datapath.bpf.c",
    "KernelProgram/Rewriting.swift": "the Swift bodies that rewrite a frame",
]

/// A declaration at the top level of a Swift file.
struct Declaration: Equatable {
    let kind: String
    /// The declared or extended name, with the enclosing types: `GatewayStatus.Instance`.
    let name: String
    /// Whether other files can't see it.
    let isPrivate: Bool
    /// The rest of the line, including the constraint of an extension.
    let rest: String

    var isType: Bool { ["struct", "class", "enum", "actor", "protocol", "typealias"].contains(kind) }
}

/// The declarations that begin at the start of a line.
func declarations(_ text: String) -> [Declaration] {
    let kinds: Set<Substring> = [
        "struct", "class", "enum", "actor", "protocol", "typealias", "extension", "func", "let", "var",
    ]
    return text.split(separator: "\n").compactMap { line in
        guard let first = line.first, first.isLetter || first == "@" else { return nil }
        let words = line.split(separator: " ")
        // `static func` and `final class` have a modifier first; attributes and access levels come before.
        guard let position = words.firstIndex(where: { kinds.contains($0) }), position + 1 < words.count else {
            return nil
        }
        let modifiers = words[..<position]
        guard modifiers.allSatisfy({ $0.hasPrefix("@") || $0.allSatisfy { $0.isLetter || "()".contains($0) } }),
            !modifiers.contains("import")
        else { return nil }
        let name = words[position + 1].prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
        let rest = words[(position + 1)...].joined(separator: " ").dropFirst(name.count)
        return Declaration(
            kind: String(words[position]), name: String(name),
            isPrivate: modifiers.contains("private") || modifiers.contains("fileprivate"), rest: String(rest))
    }
}

/// Whether a file is named after something that it declares: a type, an extended type or a function. In a name with
/// a `+`, the part before it counts.
func isNamedAfter(_ declared: [Declaration], file: String) -> Bool {
    func plain(_ text: some StringProtocol) -> String {
        text.lowercased().replacing("sluice_", with: "").replacing("_", with: "")
    }
    let stem = plain(file.split(separator: "+")[0].replacing(".swift", with: ""))
    return declared.contains { declaration in
        let name = plain(declaration.name)
        switch declaration.kind {
        case "func", "let", "var": return name.hasPrefix(stem)
        case "extension":
            // `LabTopology` extends `Lab`; `FlowEnd` extends pointers to `sluice_flow_end`.
            return name.split(separator: ".").contains { $0 == stem } || stem.hasPrefix(name)
                || plain(declaration.rest).contains(stem)
        default: return name == stem || name + "s" == stem
        }
    }
}

@Suite("Names")
struct NameTests {
    @Test("one name, one thing: no two modules declare a type of the same name")
    func types() throws {
        var modules: [String: Set<String>] = [:]
        for file in try SourceTree.files(in: [
            "Sources", "KernelProgram", "SocketProgram", "Plugins", "Benchmarks", "Tests",
        ])
        where file.path.hasSuffix(".swift") {
            for declared in declarations(file.text) where declared.isType && !declared.isPrivate {
                // Suites are named after what they test.
                if file.path.hasPrefix("Tests/") && declared.name.hasSuffix("Tests") { continue }
                modules[declared.name, default: []].insert(file.room)
            }
        }
        let shared = modules.filter { $0.value.count > 1 }
        for (name, modules) in shared where sharedTypeNames[name] == nil {
            Issue.record("\(name) is a type of \(modules.sorted()): rename one, or add it to sharedTypeNames")
        }
        for name in sharedTypeNames.keys where shared[name] == nil {
            Issue.record("\(name) is no longer declared twice: remove it from sharedTypeNames")
        }
    }

    @Test("a file is named after what it declares")
    func files() throws {
        var needed: Set<String> = []
        for file in try SourceTree.files(in: ["Sources", "KernelProgram", "SocketProgram", "Plugins", "Benchmarks"])
        where file.path.hasSuffix(".swift") && file.name != "main.swift" {
            if isNamedAfter(declarations(file.text), file: String(file.name)) { continue }
            let reasons = freeFileNames.keys.filter { file.path.hasPrefix($0) }
            if reasons.isEmpty {
                Issue.record("\(file.path) declares no such name: rename it, or add it to freeFileNames")
            }
            needed.formUnion(reasons)
        }
        for path in freeFileNames.keys where !needed.contains(path) {
            Issue.record("\(path) is named after what it declares, or gone: remove it from freeFileNames")
        }
    }

    @Test("the reader of declarations finds types, extensions and functions, and knows whether they are private")
    func reader() {
        let text = """
            package import A
            /// class B
            package final class C<T>: @unchecked Sendable {
                struct Nested {}
            }
            @c(name) private func d() {}
            extension E.F {
            extension UnsafeMutablePointer where Pointee == sluice_flow_end {
            """
        let found = declarations(text)
        #expect(found.map(\.kind) == ["class", "func", "extension", "extension"])
        #expect(found.map(\.name) == ["C", "d", "E.F", "UnsafeMutablePointer"])
        #expect(found.map(\.isPrivate) == [false, true, false, false])
        #expect(isNamedAfter(found, file: "C.swift") && isNamedAfter(found, file: "C+More.swift"))
        #expect(isNamedAfter(found, file: "FlowEnd.swift") && !isNamedAfter(found, file: "Nested.swift"))
    }
}

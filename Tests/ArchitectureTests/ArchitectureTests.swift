import Testing

/// The rooms of the package, and what each may import. An import or a room that is not in this table fails the tests.
/// To add one, add it to the table.
private let allowedImports: [String: Set<String>] = [
    // Compiled for the kernel too: no heap, no clock, no I/O.
    "FlowLayout": [],
    "FlowCore": ["FlowLayout"],
    "KernelProgram": ["FlowLayout", "KernelFunctions"],
    // The second kernel program, and what it shares with processes.
    "SocketLayout": [],
    "SocketCore": ["SocketLayout"],
    "SocketProgram": ["SocketLayout", "SocketFunctions"],
    // The configuration and its compiled form. Independent of the kernel.
    "Policy": ["FlowCore", "FlowLayout", "Yams", "Foundation", "FoundationEssentials", "Glibc"],
    // The life of instances. Only state machines.
    "Fleet": [],
    // Glibc: logarithms.
    "Simulation": ["Fleet", "Glibc"],
    "Forecast": ["Simulation", "Fleet", "Policy", "Glibc"],
    // The kernel's side.
    "CLibBPF": [],
    "KernelObject": [],
    "Kernel": [
        "CLibBPF", "FlowCore", "FlowLayout", "KernelObject", "Glibc", "Synchronization", "FoundationEssentials",
    ],
    // Sockets of a host. Independent of the gateway.
    "Sockets": ["CLibBPF", "KernelObject", "Policy", "FlowCore", "SocketCore", "SocketLayout", "Glibc"],
    // Logs and history in files. Independent of the kernel.
    "FlowLog": ["Policy"] + shared,
    "Store": ["GRDB", "Glibc", "FoundationEssentials"],
    // Packets in readable form: bytes in, text and files out.
    "Capture": [],
    // The shell.
    "Inspection": ["Capture", "Fleet", "FlowLog", "Store", "Kernel", "Policy"] + shared,
    "Gateway": ["Fleet", "FlowLog", "Store", "Kernel", "Policy", "Inspection"] + shared,
    "Telemetry": ["Inspection", "FlowLog", "Kernel", "FlowCore"],
    // The HTTP API. Only this leaf imports the heavy packages.
    "API": [
        "Gateway", "Inspection", "Telemetry", "FlowLog", "Store", "Kernel", "Policy", "HTTPTypes",
        "HummingbirdCore", "HummingbirdTLS", "Logging", "NIOCore", "NIOHTTPTypes", "NIOPosix", "NIOSSL",
    ] + shared,
    // The relay: SwiftNIO around pure parts. It knows neither the kernel's side nor the gateway.
    "Relay": [
        "Fleet", "Policy", "FlowCore", "NIOCore", "NIOHTTP1", "NIOPosix", "Yams", "Glibc",
        "Synchronization",
    ],
    // For applications. The machines import nothing; SwiftNIO is in the shell only.
    "SluiceResilience": [],
    "SluiceResilienceNIO": [
        "SluiceResilience", "Crypto", "Logging", "NIOCore", "NIOPosix", "NIOSSL", "NIOTLS", "Glibc", "Synchronization",
    ],
    // The machines in virtual time.
    "ResumeSimulation": ["SluiceResilience"],
    // That library as commands.
    "Resume": [
        "SluiceResilience", "SluiceResilienceNIO", "Logging", "NIOCore", "NIOPosix", "NIOSOCKS", "NIOSSL", "Glibc",
        "Synchronization",
    ],
    // Generates the documents. Needs no running gateway.
    "Documents": [
        "Gateway", "Inspection", "Telemetry", "Fleet", "FlowLog", "Store", "Kernel", "Policy", "Lab",
    ] + shared,
    // Labs and programs.
    "Lab": ["Glibc", "Synchronization", "FoundationEssentials"],
    "LabEndpoint": ["Glibc", "ArgumentParser"],
    "sluice-relay": ["Relay", "ArgumentParser", "Glibc"],
    "sluice-resume": [
        "Resume", "ResumeSimulation", "SluiceResilience", "SluiceResilienceNIO", "ArgumentParser", "Logging", "Glibc",
    ],
    "sluice-api": ["API", "Gateway", "Kernel", "ArgumentParser", "Glibc"],
    "sluice": [
        "Gateway", "Inspection", "Capture", "Telemetry", "Fleet", "FlowLog", "Store", "Kernel", "Policy", "Lab",
        "Simulation", "Sockets", "Forecast", "ArgumentParser",
    ]
        + shared,
]

private let shared: Set<String> = [
    "FlowCore", "FlowLayout", "Glibc", "Synchronization", "Foundation", "FoundationEssentials", "Dispatch",
]

private func + (left: Set<String>, right: Set<String>) -> Set<String> { left.union(right) }

/// Texts that Sources must not contain, and what to do instead.
private let forbidden: [(text: String, instead: String)] = [
    ("fatal" + "Error(", "throw a typed error, or use precondition with the state in its message"),
    ("try" + "!", "handle the error or declare it"),
    ("as" + "!", "use as? and handle the other case"),
    (
        "_opts" + "()",
        "use withZeroed: libbpf refuses options whose padding is not zero, as an optimised build leaves it"
    ),
    ("TO" + "DO", "do it, or write an issue"),
    ("FIX" + "ME", "fix it, or write an issue"),
]

private let maximumLines = 400

@Suite("Architecture")
struct ArchitectureTests {
    @Test("imports point downwards only, and every room is known")
    func imports() throws {
        var seen: Set<String> = []
        for file in try SourceTree.files() {
            guard let allowed = allowedImports[file.room] else {
                Issue.record("\(file.path): unknown room \(file.room); add it to allowedImports")
                continue
            }
            seen.insert(file.room)
            for module in file.imports where !allowed.contains(module) {
                Issue.record("\(file.path) imports \(module), which \(file.room) must not know")
            }
        }
        #expect(seen == Set(allowedImports.keys), "these rooms of the table are empty or gone")
    }

    @Test("API-1 the API's process can't load the kernel program, run the fleet's machines, or write the maps")
    func processOfTheAPI() throws {
        for file in try SourceTree.files() where file.room == "API" {
            for word in ["Datapath", "ObjectLoader", "FleetMachine", "KernelObject"] where file.text.contains(word) {
                Issue.record("\(file.path) says \(word): what the API shows comes from Inspection")
            }
        }
    }

    @Test("the reader of imports knows all forms of import, and finds imports that point up")
    func importReader() {
        let text = """
            import A
            package import B
            @testable import C
            internal import struct D.E
            @preconcurrency public import F.G
            #include "H.h"
            // import I
              import J // why
            let important = 1
            """
        #expect(importedModules(text) == ["A", "B", "C", "D", "F", "J"])
    }

    @Test("a file has one idea: at most 400 lines", arguments: try SourceTree.files())
    func length(file: SourceFile) {
        #expect(file.lines.count <= maximumLines, "\(file.path): split it by ideas")
    }

    @Test("the sources contain no forbidden text")
    func forbiddenTexts() throws {
        for file in try SourceTree.files() {
            for (index, line) in file.lines.enumerated() {
                for (text, instead) in forbidden where line.contains(text) {
                    Issue.record("\(file.path):\(index + 1): '\(text)': \(instead)")
                }
            }
        }
    }
}

/// Names of the modules that a Swift source imports.
func importedModules(_ text: String) -> [String] {
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor"]
    return text.split(separator: "\n").compactMap { line in
        let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        let words = code.split(separator: " ")
        guard let position = words.firstIndex(of: "import"),
            words[..<position].allSatisfy({
                $0.hasPrefix("@") || ["package", "public", "internal", "private", "fileprivate"].contains($0)
            })
        else { return nil }
        let rest = words[(position + 1)...].drop { kinds.contains($0) }
        return rest.first?.split(separator: ".").first.map(String.init)
    }
}

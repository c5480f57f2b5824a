// swift-tools-version: 6.2
import PackageDescription

// Not MemberImportVisibility: glibc's types (timeval, pthread_attr_t) come by way of CLibBPF as well, and which module declares them depends on
// which files the compiler takes together.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// For what the tests run for its budget of time: in a debug build a simulation takes fifty times as long.
let optimised: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .executable(name: "sluice-api", targets: ["sluice-api"]),
        .executable(name: "sluice-relay", targets: ["sluice-relay"]),
        .executable(name: "sluice-resume", targets: ["sluice-resume"]),
        .executable(name: "sluice-bench", targets: ["sluice-bench"]),
        // For applications: retry, and streams that survive the loss of their connection.
        .library(name: "SluiceResilience", targets: ["SluiceResilience", "SluiceResilienceNIO"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        // The HTTP API only: hangs on its leaf, so that nothing else waits for it.
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // Shared with the kernel.
        .target(name: "FlowLayout"),
        .target(name: "FlowCore", dependencies: ["FlowLayout"], swiftSettings: settings),

        // The kernel programs, compiled to eBPF and embedded: the packet path, and what reads sockets.
        .target(name: "SocketLayout"),
        .target(name: "SocketCore", dependencies: ["SocketLayout"], swiftSettings: settings),
        .plugin(name: "CompileKernelProgram", capability: .buildTool()),
        .target(name: "KernelObject", swiftSettings: settings, plugins: ["CompileKernelProgram"]),

        // What is asked for: configuration, rules, policy images.
        .target(
            name: "Policy",
            dependencies: ["FlowCore", "FlowLayout", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings),

        // What becomes of instances: pure state machines.
        .target(name: "Fleet", swiftSettings: settings + optimised),
        // The same machines against an unkind world, in virtual time.
        .target(name: "Simulation", dependencies: ["Fleet"], swiftSettings: settings + optimised),

        // How often sessions are disrupted: formulas, and those machines over months.
        .target(
            name: "Forecast", dependencies: ["Simulation", "Fleet", "Policy"], swiftSettings: settings + optimised),

        // The kernel's side, as processes see it.
        .target(name: "CLibBPF", linkerSettings: [.linkedLibrary("bpf")]),
        .target(
            name: "Kernel",
            dependencies: ["CLibBPF", "FlowCore", "FlowLayout", "KernelObject"],
            swiftSettings: settings),

        // Sockets of the application's host: keep-alive as it is, and as it should be. Needs no gateway.
        .target(
            name: "Sockets",
            dependencies: ["CLibBPF", "KernelObject", "Policy", "FlowCore", "SocketCore", "SocketLayout"],
            swiftSettings: settings),

        // What happened, for auditors and their tools.
        .target(name: "FlowLog", dependencies: ["Policy", "FlowCore", "FlowLayout"], swiftSettings: settings),

        // What happened, and how far the gateway had come: SQLite.
        .target(name: "Store", dependencies: [.product(name: "GRDB", package: "GRDB.swift")], swiftSettings: settings),

        // The shell, and what people touch.
        .target(
            name: "Gateway",
            dependencies: ["Fleet", "FlowLog", "Store", "Kernel", "Policy", "FlowCore", "FlowLayout"],
            swiftSettings: settings),
        // Packets for people: their headers, and files that others read.
        .target(name: "Capture", swiftSettings: settings),
        .target(
            name: "Inspection",
            dependencies: ["Capture", "Fleet", "FlowLog", "Store", "Kernel", "Policy", "FlowCore", "FlowLayout"],
            swiftSettings: settings),
        // Metrics: their names, and the texts that scrapers read.
        .target(
            name: "Telemetry", dependencies: ["Inspection", "FlowLog", "Kernel", "FlowCore"], swiftSettings: settings),
        // What is seen from outside: HTTP, and a page that the binary carries.
        .plugin(name: "EmbedPage", capability: .buildTool()),
        .target(
            name: "API",
            dependencies: [
                "Inspection", "Telemetry", "Gateway", "FlowLog", "Store", "Kernel", "Policy", "FlowCore",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Page"], swiftSettings: settings, plugins: ["EmbedPage"]),
        // The firewall's behaviour as a process that any user can start, for test suites.
        .target(
            name: "Relay",
            dependencies: [
                "Fleet", "Policy", "FlowCore",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        // For applications, as a library: pure machines, and SwiftNIO around them.
        .target(name: "SluiceResilience", swiftSettings: settings + optimised),
        .target(
            name: "SluiceResilienceNIO",
            dependencies: [
                "SluiceResilience",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: settings),
        // Both ends of a stream over a virtual network, in virtual time.
        .target(name: "ResumeSimulation", dependencies: ["SluiceResilience"], swiftSettings: settings + optimised),
        // Software that nobody can change, across resets: that library as two commands.
        .target(
            name: "Resume",
            dependencies: [
                "SluiceResilience", "SluiceResilienceNIO",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSOCKS", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        // The same source as examples/resilience, which is a package of its own: here it is built and tested.
        .executableTarget(
            name: "resilience-example",
            dependencies: [
                "SluiceResilience", "SluiceResilienceNIO",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "examples/resilience/Sources/CountingClient", swiftSettings: settings),
        .target(name: "Lab", swiftSettings: settings),
        // The ends of TCP sessions under test.
        .executableTarget(
            name: "lab-endpoint",
            dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Sources/LabEndpoint",
            swiftSettings: settings),
        // Writes the commit that is built into a file of the program.
        .plugin(name: "StampCommit", capability: .buildTool()),
        // A program of its own: HTTP and TLS are in no other process.
        .executableTarget(
            name: "sluice-api",
            dependencies: [
                "API", "Gateway", "Kernel", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings, plugins: ["StampCommit"]),
        // A program of its own, too: networking is not in the gateway, and the relay needs no libbpf.
        .executableTarget(
            name: "sluice-relay",
            dependencies: ["Relay", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings, plugins: ["StampCommit"]),
        // And so are the ends of resumable streams.
        .executableTarget(
            name: "sluice-resume",
            dependencies: [
                "Resume", "ResumeSimulation", "SluiceResilience", "SluiceResilienceNIO",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings, plugins: ["StampCommit"]),
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Gateway", "Inspection", "Capture", "Telemetry", "Fleet", "FlowLog", "Store", "Kernel", "Policy", "Lab",
                "Simulation", "Sockets", "Forecast", "FlowCore", "FlowLayout",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings, plugins: ["StampCommit"]),

        // Writes the reference and the pictures of docs/ by what the other modules say: ./docs/generate.
        .executableTarget(
            name: "sluice-documents",
            dependencies: [
                "Gateway", "Inspection", "Telemetry", "Fleet", "FlowLog", "Store", "Kernel", "Policy", "Lab",
                "FlowCore",
                "FlowLayout",
            ],
            path: "Sources/Documents", swiftSettings: settings),

        // The datapath in plain memory, and scripts for it: what the tests of FlowCore and of the kernel program share.
        .target(
            name: "FlowModel", dependencies: ["FlowCore", "FlowLayout"], path: "Tests/FlowModel",
            swiftSettings: settings),
        .executableTarget(
            name: "datapath-benchmark", dependencies: ["FlowModel", "Kernel", "Policy", "FlowCore", "FlowLayout"],
            path: "Benchmarks/DatapathBenchmark", swiftSettings: settings),
        // Sluice beside plain forwarding and nftables: ./bench.
        .target(name: "CFrames", path: "Benchmarks/CFrames"),
        .executableTarget(
            name: "sluice-bench",
            dependencies: [
                "CFrames", "Kernel", "FlowCore", "FlowLayout", "Lab",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/Bench", swiftSettings: settings),
        // The least that a relay with SwiftNIO can be, beside the relay: Benchmarks/Relay/relay.py.
        .executableTarget(
            name: "relay-copy-loop",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Benchmarks/RelayCopyLoop", swiftSettings: settings),
        // What tests of several rooms need: directories and labs of their own.
        .target(
            name: "TestSupport", dependencies: ["Lab"], path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "FlowCoreTests", dependencies: ["FlowModel", "FlowCore", "FlowLayout"], swiftSettings: settings),
        .testTarget(name: "CaptureTests", dependencies: ["Capture", "FlowModel"], swiftSettings: settings),
        .testTarget(name: "FleetTests", dependencies: ["Fleet"], swiftSettings: settings),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "Fleet"], swiftSettings: settings),
        .testTarget(
            name: "ForecastTests",
            dependencies: ["Forecast", "Simulation", "Fleet", "FlowLog", "Policy", "TestSupport"],
            swiftSettings: settings),
        .testTarget(name: "PolicyTests", dependencies: ["Policy", "FlowCore", "FlowLayout"], swiftSettings: settings),
        .testTarget(
            name: "FlowLogTests", dependencies: ["TestSupport", "FlowLog", "Policy", "FlowCore", "FlowLayout"],
            swiftSettings: settings),
        .testTarget(
            name: "StoreTests", dependencies: ["TestSupport", "Store", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),
        .testTarget(name: "BenchTests", dependencies: ["sluice-bench", "Lab"], swiftSettings: settings),
        .testTarget(name: "ArchitectureTests", swiftSettings: settings),
        .testTarget(
            name: "KernelTests",
            dependencies: ["FlowModel", "Kernel", "KernelObject", "FlowCore", "FlowLayout", "Policy"],
            swiftSettings: settings),
        .testTarget(
            name: "DatapathTests", dependencies: ["FlowModel", "Kernel", "FlowCore", "FlowLayout", "Policy"],
            swiftSettings: settings),
        .testTarget(
            name: "LabTests", dependencies: ["TestSupport", "Lab", "lab-endpoint", "sluice-api"],
            swiftSettings: settings),
        .testTarget(
            name: "EndTests",
            dependencies: [
                "TestSupport", "Lab", "lab-endpoint", "sluice", "Inspection", "Gateway", "Policy", "FlowCore",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "APITests",
            dependencies: [
                "TestSupport", "API", "Gateway", "Inspection", "Store", "Policy", "Lab", "sluice", "sluice-api",
                "Kernel",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            exclude: ["schemathesis.sh"], swiftSettings: settings),
        .testTarget(
            name: "RelayTests",
            dependencies: [
                "TestSupport", "Relay", "Lab", "Fleet", "Policy", "sluice-relay", "sluice", "resilience-example",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            exclude: ["live"], swiftSettings: settings),
        .testTarget(
            name: "ResilienceTests",
            dependencies: [
                "TestSupport", "Lab", "ResumeSimulation", "SluiceResilience", "SluiceResilienceNIO",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ResumeTests",
            dependencies: [
                "TestSupport", "Resume", "Lab", "SluiceResilience", "sluice-resume", "sluice", "lab-endpoint",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSOCKS", package: "swift-nio-extras"),
            ],
            exclude: ["live"], swiftSettings: settings),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "TestSupport", "Fleet", "Inspection", "Capture", "Telemetry", "FlowLog", "Store", "sluice", "Policy",
                "Lab",
                "Kernel", "FlowCore", "FlowLayout",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SocketTests",
            dependencies: [
                "TestSupport", "Sockets", "SocketCore", "SocketLayout", "Policy", "FlowCore", "Lab", "sluice",
            ],
            swiftSettings: settings),
        // What is packaged: files, manual pages, the schema.
        .testTarget(
            name: "PackageTests",
            dependencies: ["TestSupport", "sluice", "sluice-relay", "sluice-resume", "Policy", "Kernel", "Lab"],
            exclude: ["judge.py"], swiftSettings: settings),
        // The documents: that the reference is what the program says, that links lead somewhere, that commands do what their page shows.
        .testTarget(
            name: "DocumentTests",
            dependencies: [
                "TestSupport", "Lab", "Policy", "sluice-documents", "sluice", "sluice-api", "sluice-relay",
                "sluice-resume", "resilience-example", "lab-endpoint",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "FleetLiveTests",
            dependencies: [
                "TestSupport", "Lab", "lab-endpoint", "sluice", "Inspection", "Gateway", "Kernel", "FlowCore",
                "FlowLayout",
            ],
            swiftSettings: settings),
        // What real programs notice of a lost session: docs/application-teams.md.
        .testTarget(
            name: "ApplicationTests", dependencies: ["TestSupport", "Lab", "sluice", "sluice-relay"],
            exclude: ["Scripts"], swiftSettings: settings),
        .testTarget(
            name: "GatewayTests",
            dependencies: ["FlowModel", "TestSupport", "Fleet", "FlowLog", "Store", "Gateway", "Lab", "Policy"],
            swiftSettings: settings),
    ]
)

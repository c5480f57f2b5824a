// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "resilience-example",
    dependencies: [
        // In a package of your own: the URL of Sluice's repository, and a branch or a version.
        .package(name: "sluice", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .executableTarget(
            name: "CountingClient",
            dependencies: [
                .product(name: "SluiceResilience", package: "sluice"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ])
    ]
)

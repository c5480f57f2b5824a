import Foundation
import Kernel
import Lab
import Testing

/// What the package of the relay consists of.
@Suite struct RelayPackageTests {
    @Test("RELAY-1 PKG-1 the relay has the version of the other programs")
    func version() async throws {
        let program = try SluiceBinary.path(of: "sluice-relay")
        let text = try await Repository.output(program, "--version")
        #expect(text.hasPrefix("sluice-relay \(BinaryVersion.own(commit: "").version), commit "), "\(text)")
    }

    @Test("RELAY-1 PKG-1 the relay's service has no privileges, and systemd finds no fault in it")
    func unit() async throws {
        let unit = try Repository.text("packaging/systemd/sluice-relay.service")
        for line in ["DynamicUser=yes", "CapabilityBoundingSet=", "NoNewPrivileges=yes", "ProtectSystem=strict"] {
            #expect(unit.split(separator: "\n").contains(Substring(line)), "\(line)")
        }
        let package = try Repository.text("package")
        for file in ["packaging/systemd/sluice-relay.service", "packaging/relay.json", "usr/bin/sluice-relay"] {
            #expect(package.contains(file), "\(file) is not packaged")
        }
        let result = try await ChildProcess(
            [
                "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager",
                "\(Repository.root)/packaging/systemd/sluice-relay.service",
            ]
        ).result(within: .seconds(60))
        #expect(result.succeeded, "\(result.allOutput)")
    }

    @Test("RELAY-1 PKG-1 the container has toxiproxy's ports, and Testcontainers' line is in the documents")
    func container() throws {
        let text = try Repository.text("packaging/container/Containerfile")
        #expect(text.contains("EXPOSE 8474 8666-8697") && text.contains("USER 65534:65534"))
        #expect(text.contains("\"--listen\", \"0.0.0.0:8474\""))
        let document = try Repository.text("docs/how-to/test-with-the-relay.md")
        #expect(document.contains("asCompatibleSubstituteFor(\"ghcr.io/shopify/toxiproxy\")"))
    }

    @Test("RELAY-1 PKG-1 mandoc reports no finding in the relay's page, which has all its options")
    func page() async throws {
        let text = try Repository.text("packaging/man/sluice-relay.1.in")
            .replacing("@DATE@", with: "November 28, 2026")
        let file = "/tmp/sluice-relay-page-\(getpid()).1"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        defer { unlink(file) }
        let result = try await ChildProcess(["mandoc", "-Tlint", "-Wwarning", file]).result(within: .seconds(30))
        #expect(result.succeeded, "\(result.allOutput)")
        for option in ["listen", "config", "proxy", "namespaces", "junit", "markdown"] {
            #expect(text.contains("Fl -\(option)"), "\(option)")
        }
    }
}

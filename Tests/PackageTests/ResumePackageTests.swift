import Foundation
import Kernel
import Lab
import Testing

/// What the package of the commands for resumable streams consists of.
@Suite struct ResumePackageTests {
    private static let ends = ["client", "server"]

    @Test("RESUME-2 PKG-1 sluice-resume has the version of the other programs")
    func version() async throws {
        let program = try SluiceBinary.path(of: "sluice-resume")
        let text = try await Repository.output(program, "--version")
        #expect(text.hasPrefix("sluice-resume \(BinaryVersion.own(commit: "").version), commit "), "\(text)")
        // And 'sluice resume' executes it.
        #expect(try await Repository.output(try SluiceBinary.path(), "resume", "--version") == text)
    }

    @Test("RESUME-2 PKG-1 the services have no privileges, and systemd finds no fault in them", arguments: ends)
    func unit(end: String) async throws {
        let file = "packaging/systemd/sluice-resume-\(end).service"
        let lines = try Repository.text(file).split(separator: "\n")
        for line in [
            "Type=notify", "DynamicUser=yes", "CapabilityBoundingSet=", "NoNewPrivileges=yes", "ProtectSystem=strict",
            "LoadCredential=\(end):/etc/sluice-resume/\(end)", "EnvironmentFile=/etc/default/sluice-resume-\(end)",
            "ExecStart=/usr/bin/sluice-resume \(end) $OPTIONS",
        ] {
            #expect(lines.contains(Substring(line)), "\(line)")
        }
        let result = try await ChildProcess(
            [
                "systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager",
                "\(Repository.root)/\(file)",
            ]
        ).result(within: .seconds(60))
        #expect(result.succeeded, "\(result.allOutput)")
    }

    @Test(
        "RESUME-2 PKG-1 the package has the program, its page, units, defaults, and directories that only root can read"
    )
    func files() throws {
        let package = try Repository.text("package")
        for text in [
            "usr/bin/sluice-resume", "usr/lib/systemd/system/sluice-resume-$end.service",
            "etc/default/sluice-resume-$end", "chmod 700 \"$resume_tree/etc/sluice-resume/client\"",
            "docs/reference/resume.md",
        ] {
            #expect(package.contains(text), "\(text)")
        }
    }

    @Test("RESUME-2 PKG-1 the commented options of the services are understood, but for their files", arguments: ends)
    func defaults(end: String) async throws {
        let text = try Repository.text("packaging/default/sluice-resume-\(end)")
        #expect(text.hasSuffix("\nOPTIONS=\"\"\n"))
        let example = try #require(text.firstMatch(of: #/\n# OPTIONS="([^"]*)"/#)).1
        let program = try SluiceBinary.path(of: "sluice-resume")
        let arguments = [program, end] + example.split(separator: " ").map(String.init)
        let result = try await ChildProcess(arguments).result(within: .seconds(30))
        #expect(result.exit == .code(1) && result.errors.contains("can't be read: No such file"), "\(result.allOutput)")
    }

    @Test("RESUME-2 PKG-4 an upgrade does not restart the services, because that would reset their applications")
    func upgrade() async throws {
        for script in ["postinst", "prerm", "postrm"] {
            let path = "\(Repository.root)/packaging/debian/resume.\(script)"
            _ = try await Repository.output("shellcheck", "--shell=dash", path)
        }
        let postinst = try Repository.text("packaging/debian/resume.postinst")
        #expect(!postinst.contains("systemctl restart sluice") && !postinst.contains("try-restart"))
        #expect(try Repository.text("packaging/debian/resume.prerm").contains("\"$1\" = remove"))
    }

    @Test("RESUME-2 PKG-1 mandoc reports no finding in the page, which has all options of all commands")
    func page() async throws {
        let text = try Repository.text("packaging/man/sluice-resume.1.in")
            .replacing("@DATE@", with: "November 28, 2026")
        let file = "/tmp/sluice-resume-page-\(getpid()).1"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        defer { unlink(file) }
        let result = try await ChildProcess(["mandoc", "-Tlint", "-Wwarning", file]).result(within: .seconds(30))
        #expect(result.succeeded, "\(result.allOutput)")
        let program = try SluiceBinary.path(of: "sluice-resume")
        var options: Set<String> = []
        for end in Self.ends {
            let help = try await Repository.output(program, end, "--help")
            options.formUnion(help.matches(of: #/--([a-z-]+)/#).map { String($0.1) })
        }
        #expect(options.count > 15)
        for option in options.subtracting(["help", "version"]) {
            #expect(text.contains("Fl -\(option)"), "\(option)")
        }
    }
}

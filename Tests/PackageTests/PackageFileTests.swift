import Foundation
import Lab
import Testing

@testable import Kernel
@testable import Policy
@testable import sluice

/// The files of the package, checked without building it. `./package` and lintian check the rest.
@Suite struct PackageFileTests {
    static let scripts = ["preinst", "postinst", "prerm", "postrm"]

    @Test("PKG-4 dash and shellcheck report no finding in the maintainer scripts", arguments: scripts)
    func shell(script: String) async throws {
        let path = "\(Repository.root)/packaging/debian/\(script)"
        _ = try await Repository.output("sh", "-n", path)
        _ = try await Repository.output("shellcheck", "--shell=dash", path)
        #expect(try Repository.text("packaging/debian/\(script)").contains("\nset -e\n"))
    }

    /// The arguments that dpkg calls each script with (Debian Policy, 6.5).
    @Test(
        "PKG-4 each maintainer script accepts all arguments of dpkg, and refuses any other",
        arguments: [
            ("preinst", ["install", "upgrade", "abort-upgrade"]),
            ("postinst", ["configure", "abort-upgrade", "abort-remove", "abort-deconfigure"]),
            ("prerm", ["remove", "upgrade", "deconfigure", "failed-upgrade"]),
            (
                "postrm",
                ["remove", "purge", "upgrade", "failed-upgrade", "abort-install", "abort-upgrade", "disappear"]
            ),
        ])
    func cases(script: String, words: [String]) async throws {
        let text = try Repository.text("packaging/debian/\(script)")
        let known = text.split(separator: "\n").filter { $0.hasSuffix(")") || $0.hasSuffix(";;") }.flatMap { line in
            line.prefix { $0 != ")" }.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        for word in words { #expect(known.contains(word), "\(script) \(word)") }
        let path = "\(Repository.root)/packaging/debian/\(script)"
        let result = try await ChildProcess(["sh", path, "nonsense"]).result(within: .seconds(10))
        #expect(result.exit == .code(1))
        #expect(result.errors.contains("\(script): called with an unknown argument 'nonsense'"))
    }

    @Test(
        "PKG-4 an upgrade asks the new binary before it touches the service; its prerm and postrm do not touch it"
    )
    func upgrade() throws {
        let postinst = try Repository.text("packaging/debian/postinst")
        let asks = try #require(postinst.range(of: "sluice run --check-takeover"))
        let restarts = try #require(postinst.range(of: "deb-systemd-invoke restart"))
        #expect(asks.lowerBound < restarts.lowerBound)
        #expect(
            try Repository.text("packaging/debian/prerm").contains("\nupgrade | deconfigure | failed-upgrade) ;;\n"))
        #expect(try Repository.text("packaging/debian/postrm").contains("\nupgrade | failed-upgrade | abort-install"))
    }

    @Test("PKG-4 BAD-5 no file of the package turns forwarding on; the gateway does, after its guard is up")
    func forwarding() throws {
        let package = try Repository.text("package")
        #expect(!package.contains("sysctl.d"))
        let folder = "\(Repository.root)/packaging"
        let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        for file in files where !file.hasPrefix("man/") {
            guard let text = try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8) else { continue }
            for line in text.split(separator: "\n") where line.contains("ip_forward") || line.contains("all/forwarding")
            {
                #expect(
                    line.hasPrefix("#") || line.contains("echo 0") || line.contains("reload_errors"), "\(file): \(line)"
                )
            }
        }
    }

    @Test("PKG-1 the packaged configuration lacks only the zones, and its first lines say so")
    func configuration() throws {
        let text = try Repository.text("packaging/sluice.yaml")
        #expect(text.contains("# FILL IN: the zones and their interfaces"))
        do {
            _ = try Configuration.parse(text, file: "sluice.yaml")
            Issue.record("a service without zones would start")
        } catch {
            #expect(error.errors.map(\.key) == ["zones"], "\(error)")
        }
        _ = try Configuration.parse(try SchemaTests.filledIn(), file: "sluice.yaml")
    }

    @Test("PKG-1 the package creates the unit's user, and contains the unit's programs and files")
    func unit() throws {
        let unit = try Repository.text("packaging/systemd/sluice.service")
        let user = try #require(unit.firstMatch(of: #/\nUser=(\w+)\n/#)).1
        #expect(try Repository.text("packaging/systemd/sluice.sysusers").contains("\nu \(user) "))
        #expect(unit.contains("ExecStart=/usr/bin/sluice run --config /etc/sluice/sluice.yaml\n"))
        let package = try Repository.text("package")
        for file in ["usr/bin/sluice ", "etc/sluice/sluice.yaml\n", "usr/lib/sysusers.d/sluice.conf\n"] {
            #expect(package.contains(file), "\(file)")
        }
    }

    @Test("PKG-1 the licence of every dependency is in the package")
    func licences() throws {
        let copyright = try Repository.text("packaging/debian/copyright")
        let packages = try Repository.text("Package.swift").matches(of: #/\.package\(url: "https://[^"]*/([^"/]+)"/#)
        #expect(packages.count >= 9)
        for package in packages { #expect(copyright.contains("linked/\(package.1)"), "\(package.1)") }
        // The text of each named licence is there.
        let named = Set(copyright.matches(of: #/\nLicense: ([^\n]+)\n/#).map { String($0.1) })
        for licence in named { #expect(copyright.contains("\nLicense: \(licence)\n "), "\(licence)") }
    }

    @Test("PKG-1 the changelog begins with the version of this binary, and is converted to Debian's format")
    func changelog() async throws {
        let version = BinaryVersion.own.version
        #expect(try Repository.text("CHANGELOG.md").firstMatch(of: #/\n## (\S+) /#)?.1 == Substring(version))
        let command = "python3 packaging/debian/changelog.py \(version) <CHANGELOG.md"
        let text = try await Repository.output("sh", "-c", "cd \(Repository.root) && \(command)")
        #expect(text.hasPrefix("sluice (\(version)) unstable; urgency=medium\n\n  * "))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let other = try await ChildProcess([
            "sh", "-c", "cd \(Repository.root) && python3 packaging/debian/changelog.py 9.9.9 <CHANGELOG.md",
        ]).result(within: .seconds(10))
        #expect(other.exit == .code(1) && other.errors.contains("write its section first"))
    }

    @Test(
        "PKG-1 every lintian override has a reason",
        arguments: ["lintian-overrides", "lintian-overrides.api"])
    func overrides(file: String) throws {
        var reason = false
        for line in try Repository.text("packaging/debian/\(file)").split(separator: "\n") {
            if line.hasPrefix("#") {
                reason = true
            } else {
                #expect(reason, "\(line)")
                reason = false
            }
        }
    }

    @Test(
        "PKG-1 bash, zsh and fish can read their completion scripts",
        arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let script = try await Repository.output(try SluiceBinary.path(), "completions", "generate", shell)
        let path = "/tmp/sluice-completion-\(getpid())-\(shell)"
        try Data(script.utf8).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        _ = try await Repository.output(shell, "-n", path)
    }
}

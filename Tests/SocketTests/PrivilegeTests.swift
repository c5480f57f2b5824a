import FoundationEssentials
import Glibc
import Lab
import TestSupport
import Testing

/// What users and kernels get that can't load the program.
@Suite struct PrivilegeTests {
    private static let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

    /// A copy of the program that everybody may run. A program makes it: see `LiveTests.notPermitted`.
    private func withCopy(_ body: (String) async throws -> Void) async throws {
        let folder = TemporaryDirectory()
        chmod(folder.path, 0o755)
        let copy = "\(folder.path)/sluice"
        try await ChildProcess(["cp", try SluiceBinary.path(), copy]).result(within: .seconds(20)).required()
        try await body(copy)
    }

    @Test("RISK-1 without privileges list shows what timers prove, marks the rest as unknown, and says why")
    func list() async throws {
        try await withPlace { place in
            try await withHolder(in: place) { holder in
                try await withCopy { copy in
                    var seen = try await holder.ask("six")
                    seen = try await holder.ask("connect quick on=1 idle=20 interval=5 count=3")
                    let result = try await place.run(Self.nobody + [copy, "socket", "list", "--json", "--judge-local"])
                    #expect(result.exit == .code(1), "\(result.allOutput)")
                    #expect(result.errors.contains("CAP_BPF") && result.errors.contains("next: run it as root"))
                    let rows = try JSONDecoder().decode([ListedSocket].self, from: Data(result.output.utf8))
                    func row(_ name: String) throws -> ListedSocket {
                        try #require(rows.first { $0.local.port == seen[name]?.port })
                    }
                    #expect(try row("off").verdict == "atRisk" && row("off").keepAlive.on == false)
                    #expect(try row("system").verdict == "atRisk" && row("system").keepAlive.on == true)
                    #expect(try row("quick").verdict == "unknown" && row("quick").keepAlive.idleSeconds == nil)
                    #expect(try row("six").local.address == "::1")
                    let quick = try await place.run(
                        Self.nobody + [
                            copy, "socket", "list", "--judge-local", "--port", "\(seen["quick"]?.port ?? 0)",
                        ])
                    #expect(quick.errors.contains("unknown"), "\(quick.allOutput)")
                }
            }
        }
    }

    @Test("RISK-2 without privileges fix and guard change nothing: exit code 2, the cause and the remedy")
    func change() async throws {
        try await withPlace { place in
            try await withHolder(in: place) { holder in
                try await withCopy { copy in
                    let before = try await holder.ask("six")
                    for arguments in [
                        ["socket", "fix", "--yes", "--judge-local"], ["socket", "guard", "add", "--cgroup", "."],
                    ] {
                        let result = try await place.run(Self.nobody + [copy] + arguments)
                        #expect(result.exit == .code(2), "\(result.allOutput)")
                        #expect(result.errors.contains("CAP_BPF") && result.errors.contains("next: run it as root"))
                    }
                    #expect(try await holder.ask("seen") == before)
                    let other = try await place.run(
                        Self.nobody + [copy, "socket", "list", "--pid", "\(holder.identifier)"])
                    #expect(
                        other.exit == .code(2) && other.errors.contains("can't be entered"), "\(other.allOutput)")
                }
            }
        }
    }

    @Test("RISK-1 on a kernel without type information list falls back, and fix says what is missing")
    func kernelWithoutTypes() async throws {
        try await withPlace { place in
            try await withHolder(in: place) { holder in
                _ = try await holder.ask("six")
                func hidden(_ command: String) -> [String] {
                    [
                        "unshare", "--mount", "--propagation", "private", "sh", "-c",
                        "mount -t tmpfs none /sys/kernel/btf && exec \"$0\" \(command)",
                    ]
                }
                let sluice = try SluiceBinary.path()
                let list = try await place.run(hidden("socket list --judge-local") + [sluice])
                #expect(
                    list.exit == .code(1) && list.errors.contains("/sys/kernel/btf/vmlinux"), "\(list.allOutput)")
                #expect(list.output.contains("atRisk"))
                let fix = try await place.run(hidden("socket fix --judge-local --yes") + [sluice])
                #expect(fix.exit == .code(2) && fix.errors.contains("CONFIG_DEBUG_INFO_BTF=y"), "\(fix.allOutput)")
            }
        }
    }

    @Test(
        "RISK-1 wrong names and values are refused with what to write instead",
        arguments: [
            ("socket list --netns no-such-namespace", Int32(2), "ip netns list"),
            ("socket list --pid 4000000", 2, "ps -e"),
            ("socket list --netns a --all-netns", 64, "exclude each other"),
            ("socket list --timeout soon", 64, "240s or 4m"),
            ("socket list --profile azur", 64, "did you mean azure?"),
            ("socket fix --idle 0s", 64, "whole seconds from 1s"),
            ("socket fix --idle 300s", 64, "too slow for an idle timeout of 4m"),
            ("socket fix --idle 30s --interval 75s", 64, "idle + 3 * interval"),
            ("socket fix --count 0", 64, "from 1 to 127"),
            ("socket fix --yes --dry-run", 64, "exclude each other"),
            ("socket guard add --cgroup /etc", 2, "not a directory of the cgroup2 hierarchy"),
            ("socket guard remove --cgroup no-such-group", 2, "cgroup2"),
            ("socket guard remove", 64, "--all or --gone"),
        ])
    func refused(line: String, code: Int32, hint: String) async throws {
        let result = try await ChildProcess(
            [try SluiceBinary.path()] + line.split(separator: " ").map(String.init)
        ).result(within: .seconds(60))
        #expect(result.exit == .code(code), "\(result.allOutput)")
        #expect(result.errors.contains(hint), "\(result.errors)")
        #expect(result.output == "")
    }
}

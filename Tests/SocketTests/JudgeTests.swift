import FlowCore
import Policy
import Testing

@testable import Sockets

/// Verdicts and advice, without a kernel.
@Suite struct JudgeTests {
    static func socket(
        _ keepAlive: KeepAliveView, state: TCPState = .established, local: String = "10.1.0.4",
        remote: String = "203.0.113.5", port: UInt16 = 443, localPort: UInt16 = 50000, idle: Double? = 100,
        inode: UInt64 = 7
    ) throws -> TCPSocket {
        TCPSocket(
            cookie: 1, inode: inode, cgroup: 0, network: 1, user: 0,
            local: SocketEnd(try #require(NetworkAddress(local)), localPort),
            remote: SocketEnd(try #require(NetworkAddress(remote)), port), state: state, keepAlive: keepAlive,
            idleSeconds: idle)
    }

    private func on(_ idle: UInt32, _ interval: UInt32, _ count: UInt32 = 9) -> KeepAliveView {
        .exact(SocketKeepAlive(isOn: true, idleSeconds: idle, intervalSeconds: interval, count: count))
    }

    @Test(
        "RISK-1 idle + 3 * interval must be less than the timeout of 240 s",
        arguments: [
            (30, 10, SocketVerdict.safe), (200, 13, .safe), (200, 14, .slowProbe), (209, 10, .safe),
            (210, 10, .slowProbe), (60, 60, .slowProbe), (200, 75, .slowProbe), (239, 1, .slowProbe),
            (240, 1, .atRisk), (7200, 75, .atRisk),
        ] as [(UInt32, UInt32, SocketVerdict)])
    func rule(idle: UInt32, interval: UInt32, verdict: SocketVerdict) throws {
        #expect(SocketJudge().judge(try Self.socket(on(idle, interval))).verdict == verdict)
    }

    @Test("RISK-1 the time until the cut is the timeout less the idle time, and never negative")
    func cutIn() throws {
        let off = KeepAliveView.exact(SocketKeepAlive(isOn: false))
        let judgement = SocketJudge().judge(try Self.socket(off, idle: 100))
        #expect(judgement.verdict == .atRisk && judgement.reason == .keepAliveOff)
        #expect(judgement.timeoutSeconds == 240 && judgement.cutInSeconds == 140)
        #expect(SocketJudge().judge(try Self.socket(off, idle: 900)).cutInSeconds == 0)
        #expect(SocketJudge().judge(try Self.socket(off, idle: nil)).cutInSeconds == nil)
        #expect(SocketJudge().judge(try Self.socket(on(200, 75))).cutInSeconds == nil)
    }

    @Test("RISK-1 the class decides the timeout: 240 s north-south, 300 s east-west, or what is given for both")
    func classes() throws {
        let view = on(60, 70)
        let outside = SocketJudge().judge(try Self.socket(view))
        #expect(outside.verdict == .slowProbe && outside.trafficClass == .northSouth)
        let inside = SocketJudge().judge(try Self.socket(view, remote: "10.2.0.9"))
        #expect(inside.verdict == .safe && inside.trafficClass == .eastWest && inside.timeoutSeconds == 300)
        let older = SocketJudge(profile: .azure2022).judge(try Self.socket(view, remote: "10.2.0.9"))
        #expect(older.verdict == .slowProbe && older.timeoutSeconds == 240)
        let given = SocketJudge(idleTimeout: 900_000_000_000).judge(try Self.socket(view))
        #expect(given.verdict == .safe && given.timeoutSeconds == 900)
        let prefixes = [try AddressPrefix(parsing: "203.0.113.0/24"), try AddressPrefix(parsing: "10.0.0.0/8")]
        #expect(SocketJudge(internalPrefixes: prefixes).judge(try Self.socket(view)).trafficClass == .eastWest)
        let six = try Self.socket(view, local: "fd00::1", remote: "2001:db8::5")
        #expect(SocketJudge().judge(six).trafficClass == .northSouth)
    }

    @Test(
        "RISK-1 a half-closed session has the shorter timeout of its state, and a closed or listening socket has no session"
    )
    func states() throws {
        let judge = SocketJudge()
        let view = on(100, 10)
        let half = judge.judge(try Self.socket(view, state: .closeWait))
        #expect(half.verdict == .slowProbe && half.timeoutSeconds == 120)
        #expect(judge.judge(try Self.socket(view, state: .finWait2)).timeoutSeconds == 120)
        #expect(judge.judge(try Self.socket(view, state: .finWait2, inode: 0)).reason == .ending)
        #expect(judge.judge(try Self.socket(on(7200, 75), state: .listening)).reason == .listens)
        for state in [TCPState.timeWait, .synSent, .lastAck, .closing, .newSynReceived] {
            #expect(judge.judge(try Self.socket(.none, state: state)).verdict == .safe, "\(state)")
        }
    }

    @Test("RISK-1 a session within this host passes no firewall")
    func local() throws {
        let off = KeepAliveView.exact(SocketKeepAlive(isOn: false))
        for (local, remote) in [
            ("127.0.0.1", "127.0.0.2"), ("10.1.0.4", "10.1.0.4"), ("::1", "::1"), ("10.1.0.4", "10.9.9.9"),
        ] {
            let socket = try Self.socket(off, local: local, remote: remote)
            let own: Set = [try #require(NetworkAddress("10.9.9.9"))]
            #expect(SocketJudge().judge(socket, ownAddresses: own).reason == .local, "\(remote)")
            #expect(SocketJudge(judgesLocal: true).judge(socket, ownAddresses: own).verdict == .atRisk)
        }
    }

    @Test("RISK-1 without privileges what a timer proves is said, and all else is unknown")
    func timers() throws {
        #expect(SocketDiagnostics.keepAlive(.established, timer: 0, leftSeconds: 0) == .off)
        #expect(SocketDiagnostics.keepAlive(.established, timer: 1, leftSeconds: 0.2) == .hidden)
        #expect(
            SocketDiagnostics.keepAlive(.established, timer: 2, leftSeconds: 7100)
                == .onAtLeast(seconds: 7100))
        #expect(SocketDiagnostics.keepAlive(.finWait2, timer: 2, leftSeconds: 50) == .hidden)
        #expect(SocketDiagnostics.keepAlive(.timeWait, timer: 3, leftSeconds: 50) == .none)
        let judge = SocketJudge()
        #expect(judge.judge(try Self.socket(.off)).verdict == .atRisk)
        #expect(judge.judge(try Self.socket(.onAtLeast(seconds: 7150))).verdict == .atRisk)
        #expect(judge.judge(try Self.socket(.onAtLeast(seconds: 60))).verdict == .unknown)
        #expect(judge.judge(try Self.socket(.hidden)).verdict == .unknown)
    }

    @Test("RISK-1 the error names the cause: no privilege, no type information, an old kernel")
    func errors() {
        func error(_ number: Int32, types: Bool) -> SocketError {
            .loading(action: "reading", errorNumber: number, log: "x", hasTypes: types)
        }
        #expect(error(1, types: true) == .notPrivileged(action: "reading"))
        #expect(error(13, types: false) == .notPrivileged(action: "reading"))
        #expect(error(3, types: false) == .kernelWithoutTypes)
        #expect(error(22, types: true) == .programRefused(errorNumber: 22, log: "x"))
        #expect(SocketError.kernelWithoutTypes.next.contains("CONFIG_DEBUG_INFO_BTF"))
    }

    @Test(
        "RISK-1 a process's container or unit is read from its cgroup",
        arguments: [
            ("0::/system.slice/ssh.service", "ssh.service"),
            ("0::/user.slice/user-0.slice/session-3.scope", "session-3.scope"),
            ("12:cpu:/\n1:name=systemd:/system.slice/cron.service\n0::/", "cron.service"),
            ("0::/system.slice/docker-\(digits).scope", "container 0123456789ab"),
            ("0::/docker/\(digits)", "container 0123456789ab"),
            ("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-\(digits).scope", "container 0123456789ab"),
            ("0::/machine.slice/libpod-\(digits).scope/container", "container 0123456789ab"),
            ("0::/", nil), ("", nil), ("nonsense", nil), ("0::/x\(digits)", nil),
        ] as [(String, String?)])
    func workloads(text: String, name: String?) {
        #expect(Workload(processText: text)?.name == name)
    }

    private static let digits = "0123456789ab" + String(repeating: "c", count: 52)

    @Test(
        "RISK-2 the mount point of cgroup2 is found on hosts with both versions, and missing on those with version 1 only"
    )
    func cgroups() {
        let first = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
        #expect(CgroupTree.root(mounts: first) == nil)
        #expect(
            CgroupTree.root(mounts: first + "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0") == "/sys/fs/cgroup/unified"
        )
        #expect(SocketError.noUnifiedCgroups.next.contains("mount -t cgroup2"))
    }
}

import Glibc
import Lab
import Testing

@testable import sluice

/// The acts of `sluice demo` about the fleet, with more than 200 connections that carry data in both directions: N-S
/// and E-W, IPv4 and IPv6. ssh and psql are among them, and tcpdump runs on every host.
@Suite(.serialized) struct ActTests {
    /// 208 connections that carry data, and 16 idle ones.
    private static let load: LongSessions.Load = {
        var load = LongSessions.Load(moving: 52, quiet: 4)
        load.secondsBetweenWrites = 0.2
        return load
    }()

    private func play(_ kind: FleetAct.Kind) async throws -> [DemoVerdict] {
        try #require(Executable.find("tcpdump") != nil)
        try Lab.downAbandoned(prefix: "sluice-act")
        let act = FleetAct(
            kind: kind, labName: "sluice-act-\(getpid())-\(kind == .preserve ? 2 : 1)",
            timeScale: FleetAct.standardTimeScale, load: Self.load, isThorough: true)
        let verdicts = try await act.play(Narrator(isLive: false, toErrors: true))
        for verdict in verdicts {
            #expect(verdict.verdict == .pass, "\(verdict.rule) \(verdict.shown): \(verdict.seen)")
        }
        return verdicts
    }

    @Test(
        """
        KEEP-1 KEEP-3 preserve: scale-in, drain, maintenance, SIGSTOP and kill -9 of every instance in turn, kill -9 of the \
        controller during each: all connections stay, ssh and psql too, every byte arrives, no host sees a RST
        """)
    func preserve() async throws {
        let verdicts = try await play(.preserve)
        #expect(verdicts.map(\.rule) == ["KEEP-1", "KEEP-1", "KEEP-1", "KEEP-1", "KEEP-3", "KEEP-3", "KEEP-1"])
        let last = try #require(verdicts.last)
        #expect(last.seen.hasPrefix("224 of 224 connections") && last.seen.hasSuffix("0 RST seen at the hosts"))
        #expect(verdicts.dropLast().allSatisfy { $0.seen.hasSuffix("4 of 4 ssh and psql answer") })
    }

    @Test(
        """
        FLEET-1 SCALE-4 DRAIN-1 DRAIN-2 DRAIN-3 DRAIN-5 MAINT-1 MAINT-3 MAINT-4 RECOV-1 RECOV-2 RECOV-3 as documented: each end \
        sees what the documents say, when they say it, N-S and E-W, IPv4 and IPv6, ssh and psql too
        """)
    func asDocumented() async throws {
        let verdicts = try await play(.asDocumented)
        #expect(
            verdicts.map(\.rule) == [
                "FLEET-1", "SCALE-4", "DRAIN-1", "DRAIN-2", "DRAIN-3", "DRAIN-5", "MAINT-1", "MAINT-3", "MAINT-4",
                "MAINT-4",
                "MAINT-4", "MAINT-4", "MAINT-4", "RECOV-1", "RECOV-1", "RECOV-2", "RECOV-3",
            ])
    }
}
